#include "mta/ctl/forecast_page.h"

#include <fmt/format.h>

#include "mta/ctl/chart.h"
#include "mta/ctl/fields.h"
#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

constexpr std::size_t charted_from = 3;  // days

std::string demand_text(const json::object& forecast) {
  const auto waiting = count_of(forecast, "waiting").value_or(0), per_day = count_of(forecast, "per_day").value_or(0);
  std::string text =
      fmt::format("{} {}, {} waiting", text_of(forecast, "provider"), text_of(forecast, "class"), grouped(waiting));
  if (per_day > 0) text += fmt::format(", {} more a day", grouped(per_day));
  return text;
}

// Nothing waits now: what will, at its worst.
std::string most_text(const json::array& days) {
  std::uint64_t most = 0;
  std::string when;
  for (const auto& each : days) {
    const auto waiting = count_of(as_part(each), "waiting").value_or(0);
    if (waiting > most) most = waiting, when = text_of(as_part(each), "day");
  }
  return most == 0 ? "nothing waits" : fmt::format("nothing waits now; {} will at most, on {}", grouped(most), when);
}

std::string answer_text(const json::object& forecast, WallTime now) {
  const auto gone = moment_of(forecast, "gone");
  const json::array& days = list_of(forecast, "days");
  if (days.empty()) return "no lane of this pool can carry it";
  if (count_of(forecast, "waiting").value_or(0) == 0) return most_text(days);
  if (!gone) return fmt::format("it takes longer than {} days", days.size());
  return "the last of it goes about " + short_time(*gone) + " (" + until(*gone, now) + ")";
}

std::string draw_days(const json::array& days, const Look& look) {
  TextTable table({{" "}, {"DAY"}, {"CAP", true}, {"SENT", true}, {"WAITING", true}}, "");
  for (const auto& each : days) {
    const json::object& day = as_part(each);
    const auto cap = count_of(day, "cap");
    const auto cell = [&](const char* name) {
      const auto count = count_of(day, name);
      return Cell{count ? grouped(*count) : look.dash()};
    };
    table.add({{" "}, {text_of(day, "day")}, {cap ? grouped(*cap) : "no cap"}, cell("sent"), cell("waiting")});
  }
  return table.empty() ? "" : "\n" + table.draw(look);
}

std::string draw_waiting(const json::array& days, const Look& look) {
  if (days.size() < charted_from) return "";
  Bars bars{"Waiting at the end of the day",
            {},
            text_of(as_part(days.front()), "day"),
            text_of(as_part(days.back()), "day"),
            Ink::notice};
  for (const auto& each : days) bars.values.push_back(count_of(as_part(each), "waiting").value_or(0));
  return "\n" + draw_chart(bars, look);
}

}  // namespace

std::string draw_forecast(const json::object& forecast, const Look& look) {
  const WallTime now = moment_of(forecast, "now").value_or(WallTime{});
  const std::string answer = answer_text(forecast, now);
  const bool good = moment_of(forecast, "gone").has_value() || count_of(forecast, "waiting").value_or(0) == 0;
  std::string page =
      paragraph(demand_text(forecast), 0, look, Ink::bold) + paragraph("  " + answer, 2, look, good ? Ink::good : Ink::warning);
  for (const auto& each : list_of(forecast, "withheld")) {
    const json::object& of = as_part(each);
    const auto until_when = moment_of(of, "until");
    page +=
        paragraph(fmt::format("  mail from {} is refused ({}) and is tried again {}: see to what it lacks, the events say what",
                              text_of(of, "from_domain"), text_of(of, "verdict"), until_when ? until(*until_when, now) : "later"),
                  2, look, Ink::warning);
  }
  if (const auto late = count_of(forecast, "exceeds_max_wait").value_or(0); late > 0)
    page += paragraph(
        "  " + grouped(late) + (late == 1 ? " recipient" : " recipients") + " would wait longer than max_wait of their class", 2,
        look, Ink::alarm);
  const std::string file = text_of(forecast, "cold_lanes_of");
  page += paragraph(file.empty() ? "  as the lanes stand now, if nothing goes wrong"
                                 : "  counted with every lane cold, by the plans of " + file + ", if nothing goes wrong",
                    2, look, Ink::dim);
  const json::array& days = list_of(forecast, "days");
  return page + draw_days(days, look) + draw_waiting(days, look);
}

}  // namespace mta::ctl
