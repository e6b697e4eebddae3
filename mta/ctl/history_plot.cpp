#include "mta/ctl/history_plot.h"

#include <algorithm>

#include "mta/ctl/fields.h"
#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

constexpr std::size_t days_shown = 35;  // warmup-rules §3: usage is kept as long
constexpr std::size_t plot_columns = 40;

}  // namespace

std::string draw_history(const json::array& days, const Look& look) {
  if (days.empty()) return "";
  const std::size_t first = days.size() - std::min(days.size(), days_shown);
  std::uint64_t most = 1;
  for (std::size_t i = first; i < days.size(); ++i) {
    const json::object& day = as_part(days[i]);
    most = std::max({most, count_of(day, "cap").value_or(0), count_of(day, "sent").value_or(0)});
  }
  const auto text = [&](const json::object& day, const char* name) {
    const auto count = count_of(day, name);
    return count ? grouped(*count) : std::string(look.dash());
  };
  Table table({{" "}, {"DAY"}, {"STAGE", true}, {"SENT", true}, {"CAP", true}, {"DELIVERED", true}, {""}}, "");
  for (std::size_t i = first; i < days.size(); ++i) {
    const json::object& day = as_part(days[i]);
    const std::uint64_t sent = count_of(day, "sent").value_or(0);
    table.add({{" "},
               {text_of(day, "day")},
               {text(day, "stage")},
               {text(day, "sent")},
               {text(day, "cap")},
               {text(day, "delivered")},
               {bar(sent, most, plot_columns, look), Ink::notice}});
  }
  return table.draw(look);
}

}  // namespace mta::ctl
