#include "mta/ctl/history_plot.h"

#include <algorithm>

#include "mta/ctl/fields.h"
#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

constexpr std::size_t days_shown = 35;  // WARMUP.md §3: usage is kept as long
constexpr std::size_t widest_plot = 40, narrowest_plot = 8;

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
  const std::size_t figures = std::max<std::size_t>(grouped(most).size(), 4);
  const std::size_t beside = 38 + 2 * figures;  // mark, day, stage, sent, cap, delivered, and the gaps
  const std::size_t plot_columns = std::clamp<std::size_t>(look.width, beside + narrowest_plot, beside + widest_plot) - beside;
  // As long as the day's cap, filled as far as was sent: both curves in one.
  const auto both = [&](const json::object& day) {
    const std::uint64_t sent = count_of(day, "sent").value_or(0), whole = std::max(sent, count_of(day, "cap").value_or(0));
    const auto columns = static_cast<std::size_t>(
        static_cast<double>(whole) / static_cast<double>(most) * static_cast<double>(plot_columns) + 0.5);
    return whole == 0 ? std::string() : bar(sent, whole, std::max<std::size_t>(1, columns), look);
  };
  TextTable table({{" "}, {"DAY"}, {"STAGE", true, 0, 1}, {"SENT", true}, {"CAP", true}, {"DELIVERED", true, 0, 2}, {""}}, "");
  for (std::size_t i = first; i < days.size(); ++i) {
    const json::object& day = as_part(days[i]);
    table.add({{" "},
               {text_of(day, "day")},
               {text(day, "stage")},
               {text(day, "sent")},
               {text(day, "cap")},
               {text(day, "delivered")},
               {both(day), Ink::notice}});
  }
  return table.draw(look);
}

}  // namespace mta::ctl
