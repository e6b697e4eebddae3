#include "mta/ctl/history_plot.h"

#include <algorithm>
#include <cmath>

#include "mta/ctl/chart.h"
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
  const bool learns = std::any_of(days.begin(), days.end(), [](const auto& day) { return number_of(as_part(day), "growth"); });
  const std::size_t beside = (learns ? 44 : 38) + 2 * figures;  // mark, day, stage, sent, cap, delivered, and the gaps
  const std::size_t plot_columns = std::clamp<std::size_t>(look.width, beside + narrowest_plot, beside + widest_plot) - beside;
  // As long as the day's cap, filled as far as was sent: both curves in one.
  const auto both = [&](const json::object& day) {
    const std::uint64_t sent = count_of(day, "sent").value_or(0), whole = std::max(sent, count_of(day, "cap").value_or(0));
    const auto columns = static_cast<std::size_t>(
        static_cast<double>(whole) / static_cast<double>(most) * static_cast<double>(plot_columns) + 0.5);
    return whole == 0 ? std::string() : bar(sent, whole, std::max<std::size_t>(1, columns), look);
  };
  const auto stage = [&](const json::object& day) {  // "3 ×1.29" of a lane that learns
    const auto growth = number_of(day, "growth");
    return text(day, "stage") + (growth ? " " + times(*growth, look) : "");
  };
  TextTable table({{" "}, {"DAY"}, {"STAGE", true, 0, 1}, {"SENT", true}, {"CAP", true}, {"DELIVERED", true, 0, 2}, {""}}, "");
  for (std::size_t i = first; i < days.size(); ++i) {
    const json::object& day = as_part(days[i]);
    table.add({{" "},
               {text_of(day, "day")},
               {stage(day)},
               {text(day, "sent")},
               {text(day, "cap")},
               {text(day, "delivered")},
               {both(day), Ink::notice}});
  }
  return table.draw(look);
}

std::string draw_growth(const json::array& days, const Look& look) {
  const std::size_t first = days.size() - std::min(days.size(), days_shown);
  Bars growth{"Growth from stage to stage, in percent", {}, "", "", Ink::good};
  for (std::size_t i = first; i < days.size(); ++i) {
    const json::object& day = as_part(days[i]);
    const auto factor = number_of(day, "growth");
    if (!factor) continue;
    growth.values.push_back(static_cast<std::uint64_t>(std::lround(100 * std::max(0.0, *factor - 1))));
    if (growth.first.empty()) growth.first = text_of(day, "day");
    growth.last = text_of(day, "day");
  }
  return growth.values.size() < 2 ? "" : draw_chart(growth, look);
}

}  // namespace mta::ctl
