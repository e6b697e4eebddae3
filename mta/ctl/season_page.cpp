#include "mta/ctl/season_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "mta/ctl/chart.h"
#include "mta/ctl/figures.h"
#include "mta/ctl/season_words.h"
#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

using simulate::Counts;
using simulate::Recipients;
using simulate::SimulationReport;

constexpr std::size_t lanes_shown = 24, notices_shown = 12, coolings_shown = 3;

Cell number(Recipients n, const Look& look, Ink ink = Ink::plain) {
  return n == 0 ? Cell{look.dash(), Ink::dim} : Cell{grouped(n), ink};
}

// Columns that most seasons do not need.
struct Extra {
  const char* head;
  Recipients Counts::*member;
};
std::vector<Extra> extras(const Counts& total) {
  std::vector<Extra> needed;
  if (total.junk > 0) needed.push_back({"JUNK", &Counts::junk});
  if (total.overflowed > 0) needed.push_back({"OVERFLOW", &Counts::overflowed});
  if (total.refused > 0) needed.push_back({"REFUSED", &Counts::refused});
  return needed;
}

void add_counts(std::vector<Column>& columns, const Counts& total) {
  columns.insert(columns.end(), {{"ARRIVED", true}, {"SENT", true, 0, 6}, {"DELIVERED", true}});
  for (const auto& extra : extras(total)) columns.push_back({extra.head, true});
  // What happened to none is left out first where the terminal is narrow.
  columns.insert(columns.end(), {{"WAITING", true},
                                 {"DEFERRED", true, 0, total.deferred() == 0 ? 9U : 3U},
                                 {"BLOCKED", true, 0, total.blocked == 0 ? 9U : 2U},
                                 {"BOUNCED", true, 0, total.bounced == 0 ? 9U : 4U},
                                 {"EXPIRED", true, 0, total.expired == 0 ? 9U : 1U}});
}

void add_counts(std::vector<Cell>& cells, const Counts& counts, const Counts& total, const Look& look) {
  for (const auto member : {&Counts::arrived, &Counts::sent}) cells.push_back(number(counts.*member, look));
  cells.push_back(number(counts.delivered, look, Ink::good));
  for (const auto& extra : extras(total)) cells.push_back(number(counts.*extra.member, look));
  cells.push_back(number(counts.waiting, look, Ink::notice));
  cells.push_back(number(counts.deferred(), look, Ink::warning));
  cells.push_back(number(counts.blocked, look, Ink::alarm));
  cells.push_back(number(counts.bounced, look));
  cells.push_back(number(counts.expired, look, Ink::alarm));
}

std::string stages(const simulate::DayReport& day, const Look& look) {
  if (!day.planned) return look.dash();
  return day.lowest_stage == day.highest_stage ? fmt::format("{}", day.lowest_stage)
                                               : fmt::format("{}-{}", day.lowest_stage, day.highest_stage);
}

std::string days(const SimulationReport& report, const Look& look) {
  std::vector<Column> columns{{"DAY"}, {"STAGE", true, 0, 7}, {"CAP", true, 0, 5}};
  add_counts(columns, report.total);
  TextTable table(columns, "");
  for (const auto& day : report.days) {
    std::vector<Cell> cells{{day.date}, {stages(day, look)}, number(day.cap, look)};
    add_counts(cells, day.all, report.total, look);
    table.add(std::move(cells));
  }
  return table.draw(look);
}

std::string plots(const SimulationReport& report, const Look& look) {
  if (report.days.size() < 2) return "";
  Bars gone{"Delivered a day", {}, report.days.front().date, report.days.back().date, Ink::good};
  Bars waiting{"Waiting at the end of the day", {}, gone.first, gone.last, Ink::notice};
  for (const auto& day : report.days) {
    gone.values.push_back(day.all.delivered + day.all.overflowed);
    waiting.values.push_back(day.all.waiting);
  }
  if (report.total.overflowed > 0) gone.title += ", by the overflow too";
  const bool any = std::any_of(waiting.values.begin(), waiting.values.end(), [](std::uint64_t n) { return n > 0; });
  return draw_chart(gone, look) + (any ? "\n" + draw_chart(waiting, look) : "");
}

std::string providers(const SimulationReport& report, const Look& look) {
  std::vector<Column> columns{{"PROVIDER", false, 12}};
  add_counts(columns, report.total);
  TextTable table(columns, "");
  for (const auto& [name, counts] : report.providers) {
    std::vector<Cell> cells{{name}};
    add_counts(cells, counts, report.total, look);
    table.add(std::move(cells));
  }
  return table.draw(look);
}

std::string classes(const SimulationReport& report, const Look& look) {
  TextTable table({{"CLASS", false, 12},
                   {"ARRIVED", true},
                   {"DELIVERED", true},
                   {"WAITING", true},
                   {"HALF WITHIN", true},
                   {"95% WITHIN", true},
                   {"LONGEST", true}},
                  "");
  const auto time = [&](simulate::Duration wait) {
    return wait == simulate::Duration(0) ? "<1m" : lasting(std::chrono::duration_cast<std::chrono::seconds>(wait));
  };
  for (const auto& [name, of_class] : report.classes) {
    const auto& waits = of_class.waits;
    const bool any = waits.count() > 0;
    table.add({{name},
               number(of_class.counts.arrived, look),
               number(of_class.counts.delivered + of_class.counts.overflowed, look, Ink::good),
               number(of_class.counts.waiting, look, Ink::notice),
               {any ? time(waits.share(0.5)) : look.dash()},
               {any ? time(waits.share(0.95)) : look.dash()},
               {any ? time(waits.longest()) : look.dash()}});
  }
  return table.draw(look);
}

Ink ink_of(const std::string& state) {
  if (state == "warm") return Ink::good;
  if (state == "paused") return Ink::alarm;
  return state == "cooling" || state == "held" ? Ink::warning : Ink::plain;
}

std::string lanes(const SimulationReport& report, const Look& look) {
  TextTable table({{"SOURCE", false, 8},
                   {"PROVIDER", false, 8},
                   {"PLAN", false, 6},
                   {"STATE"},
                   {"STAGE", true},
                   {"CAP", true},
                   {"WARM SINCE"}},
                  "");
  std::size_t rows = 0;
  const std::size_t most = look.cuts ? lanes_shown : report.lanes.size();
  for (const auto& lane : report.lanes) {
    if (rows++ >= most) continue;
    const bool planned = !lane.plan.empty();
    const bool phase = lane.state == "cold" || lane.state == "warming" || lane.state == "warm";
    table.add({{lane.source},
               {lane.provider},
               {planned ? lane.plan + (lane.enforced ? "" : " (watched)") : look.dash()},
               {!planned && phase ? look.dash() : lane.state, ink_of(lane.state)},
               {planned ? fmt::format("{}", lane.stage) + (lane.growth ? " " + times(*lane.growth, look) : "") : look.dash()},
               {lane.cap && lane.enforced ? grouped(*lane.cap) : look.dash()},
               {lane.warm.value_or(look.dash())}});
  }
  std::string text = table.draw(look);
  if (rows > most) text += fmt::format("and {} more lanes; --json has them all\n", rows - most);
  return text;
}

// What an operator would have been told: changes other than a good day's advance.
std::string notices(const SimulationReport& report, const Look& look) {
  TextTable table({{"WHEN"}, {"LANE", false, 10}, {"CHANGE"}}, "WHY");
  std::size_t shown = 0, coolings = 0, all = 0;
  for (const auto& [change, count] : report.changes) all += change == "advanced" || change == "reopened" ? 0 : count;
  for (const auto& notice : report.notices) {
    if (notice.change == "advanced" || notice.change == "reopened") continue;
    if (look.cuts && notice.change == "cooled" && ++coolings > coolings_shown) continue;
    if (++shown > notices_shown && look.cuts) break;
    table.add({{full_time(std::chrono::floor<std::chrono::seconds>(notice.at))},
               {notice.source + " " + notice.provider},
               {notice.change, notice.alert ? Ink::alarm : Ink::warning}},
              {notice.reason});
  }
  if (all == 0) return "";
  std::string text = table.draw(look);
  if (look.cuts) shown = std::min(shown, notices_shown);
  if (all > shown) text += fmt::format("and {} more; --json has them\n", grouped(all - shown));
  return text + "\n";
}

}  // namespace

std::string draw_season(const SimulationReport& report, const Look& look) {
  std::string text = paragraph(report.title.empty() ? report.file : report.title, 0, look, Ink::bold) +
                     paragraph(fmt::format("{} days from {}, days of {}, seed {}", report.days.size(),
                                           report.days.empty() ? "" : report.days.front().date, report.timezone, report.seed),
                               0, look, Ink::dim) +
                     "\n";
  text += days(report, look) + "\n" + plots(report, look) + "\n" + providers(report, look) + "\n" + classes(report, look) + "\n" +
          lanes(report, look) + "\n" + notices(report, look);
  return text + paragraph(verdict(report), 0, look);
}

}  // namespace mta::ctl
