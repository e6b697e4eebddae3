#include "mta/ctl/season_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "mta/ctl/figures.h"
#include "warmup/total.h"

namespace mta::ctl {
namespace {

using simulate::Counts;
using simulate::DayReport;
using simulate::Recipients;
using simulate::SimulatedLaneReport;
using simulate::SimulationReport;

constexpr double good = 0.95, half = 0.5, tenth = 0.1;

Recipients out(const Counts& counts) { return counts.delivered + counts.overflowed; }
double part(Recipients some, Recipients all) { return all == 0 ? 1 : static_cast<double>(some) / static_cast<double>(all); }

std::string several(std::size_t n, const std::string& noun) {
  return fmt::format("{} {}{}", grouped(n), noun, n == 1 ? "" : "s");
}

// Of the days with at least half as much mail as the fullest one, that on which the least of it went out.
const DayReport* worst_day(const SimulationReport& report) {
  Recipients most = 0;
  for (const auto& day : report.days) most = std::max(most, day.all.arrived);
  const DayReport* worst = nullptr;
  for (const auto& day : report.days) {
    if (day.all.arrived == 0 || 2 * day.all.arrived < most) continue;
    if (worst == nullptr || part(out(day.all), day.all.arrived) < part(out(worst->all), worst->all.arrived)) worst = &day;
  }
  return worst;
}

std::string what_went(const SimulationReport& report) {
  const Counts& total = report.total;
  std::string text = fmt::format("of {} {} were delivered ({})", several(total.arrived, "recipient"), grouped(out(total)),
                                 total.arrived == 0 ? "0%" : share(out(total), total.arrived));
  if (total.overflowed > 0) text += fmt::format(", {} of them by the overflow", grouped(total.overflowed));
  if (total.junk > 0)
    text += fmt::format(", {} of them into the junk folder ({})", grouped(total.junk), share(total.junk, out(total)));
  if (total.bounced > 0) text += fmt::format(", {} bounced", grouped(total.bounced));
  if (total.expired > 0) text += fmt::format(", {} expired", grouped(total.expired));
  text += total.waiting > 0 ? fmt::format(", {} still wait{}", grouped(total.waiting), total.waiting == 1 ? "s" : "")
                            : ", none waits";
  if (total.refused > 0) text += fmt::format("; {} more were refused at the door", grouped(total.refused));
  return text + ".";
}

std::string worst(const SimulationReport& report) {
  const auto* day = worst_day(report);
  if (day == nullptr || part(out(day->all), day->all.arrived) >= good) return "";
  return fmt::format(" The worst day was {}: {} came, {} ({}) went out.", day->date, grouped(day->all.arrived),
                     grouped(out(day->all)), share(out(day->all), day->all.arrived));
}

std::string minutes(simulate::Duration wait) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
  return seconds <= std::chrono::minutes(1) ? "a minute" : lasting(seconds);
}

std::string waits(const SimulationReport& report) {
  std::string text;
  for (const auto& [name, of_class] : report.classes) {
    if (of_class.waits.count() > 0) {
      text += fmt::format(" Of the {} mail that was delivered, half took at most {}, 95% at most {}", name,
                          minutes(of_class.waits.share(half)), minutes(of_class.waits.share(good)));
      text += minutes(of_class.waits.longest()) == minutes(of_class.waits.share(good))
                  ? "."
                  : fmt::format(", the last one {}.", minutes(of_class.waits.longest()));
    }
    if (of_class.oldest_waits && of_class.counts.waiting > 0)
      text += fmt::format(" {}{} mail has been waiting for up to {}.", static_cast<char>(std::toupper(name.front())),
                          name.substr(1), minutes(report.end - *of_class.oldest_waits));
  }
  return text;
}

std::string receivers(const SimulationReport& report) {
  std::string text;
  for (const auto& [name, counts] : report.providers) {
    if (counts.rate_limited + counts.blocked == 0) continue;
    text += fmt::format(" {} said \"too much\" {} and \"blocked\" {}.", name, several(counts.rate_limited, "time"),
                        several(counts.blocked, "time"));
  }
  return text;
}

std::string names_of(const SimulationReport& report, bool (*wanted)(const SimulatedLaneReport&)) {
  std::vector<std::string> names;
  for (const auto& lane : report.lanes) {
    if (wanted(lane) && std::find(names.begin(), names.end(), lane.source) == names.end()) names.push_back(lane.source);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string lanes(const SimulationReport& report) {
  std::string text;
  const std::string free = names_of(report, [](const SimulatedLaneReport& lane) { return lane.plan.empty() && !lane.overflow; });
  const std::string watched =
      names_of(report, [](const SimulatedLaneReport& lane) { return !lane.plan.empty() && !lane.enforced; });
  if (!free.empty()) text += fmt::format(" Nothing limited what left by {}: it follows no plan.", free);
  if (!watched.empty())
    text += fmt::format(" Nothing limited what left by {}: its plan only watches (enforce = false).", watched);
  std::size_t planned = 0, warm = 0;
  std::string since;
  for (const auto& lane : report.lanes) {
    if (!lane.enforced || warmup::total_named(lane.provider)) continue;
    ++planned;
    if (lane.warm) ++warm, since = std::max(since, *lane.warm);
  }
  if (planned > 0 && warm == planned)
    text += fmt::format(" {} warm since {}.", planned == 1 ? "The lane is" : "All lanes are", since);
  else if (planned == 1)
    text += " The lane is not warm yet.";
  else if (planned > 0)
    text += warm == 0 ? fmt::format(" None of {} lanes is warm yet.", grouped(planned))
                      : fmt::format(" {} of {} lanes are warm.", grouped(warm), grouped(planned));
  std::string troubles;
  for (const auto& [change, said] : {std::pair("paused", "paused"),
                                     {"held", "held"},
                                     {"stepped_back", "set back by refusals"},
                                     {"decayed", "set back by idle days"}}) {
    const auto found = report.changes.find(change);
    if (found != report.changes.end())
      troubles += fmt::format("{}{} {}", troubles.empty() ? "" : ", ", said, several(found->second, "time"));
  }
  if (!troubles.empty()) text += fmt::format(" Lanes were {}.", troubles);
  return text;
}

}  // namespace

SeasonEnd outcome_of(const SimulationReport& report) {
  const Counts& total = report.total;
  const auto* day = worst_day(report);
  const bool trouble = total.rate_limited + total.blocked + total.expired > 0;
  const bool rush_lost = day != nullptr && part(out(day->all), day->all.arrived) < tenth;
  if (trouble && (rush_lost || part(out(total), total.arrived) < half) && part(out(total) + total.bounced, total.arrived) < good)
    return SeasonEnd::collapses;
  return part(out(total) + total.bounced, total.arrived) >= good ? SeasonEnd::works : SeasonEnd::falls_behind;
}

std::string_view word(SeasonEnd outcome) { return outcome == SeasonEnd::falls_behind ? "falls_behind" : name(outcome); }

std::string_view name(SeasonEnd outcome) {
  return outcome == SeasonEnd::works ? "works" : outcome == SeasonEnd::collapses ? "collapses" : "falls behind";
}

std::string verdict(const SimulationReport& report) {
  return fmt::format("It {}: {}{}{}{}{}", name(outcome_of(report)), what_went(report), worst(report), waits(report),
                     receivers(report), lanes(report));
}

}  // namespace mta::ctl
