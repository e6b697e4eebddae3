// A season as JSON (season_page.h).
#include <boost/json/array.hpp>
#include <chrono>

#include "mta/ctl/season_page.h"
#include "mta/ctl/season_words.h"
#include "queue/types.h"

namespace mta::ctl {
namespace {

namespace json = boost::json;
using simulate::Counts;
using simulate::SimulationReport;

template <typename Optional>
json::value or_null(const Optional& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::object as_json(const Counts& counts) {
  return {{"arrived", counts.arrived},     {"refused", counts.refused},         {"sent", counts.sent},
          {"delivered", counts.delivered}, {"overflowed", counts.overflowed},   {"waiting", counts.waiting},
          {"deferred", counts.deferred()}, {"greylisted", counts.greylisted},   {"rate_limited", counts.rate_limited},
          {"put_off", counts.put_off},     {"unreachable", counts.unreachable}, {"blocked", counts.blocked},
          {"bounced", counts.bounced},     {"expired", counts.expired},         {"junk", counts.junk}};
}

json::array days(const SimulationReport& report) {
  json::array rows;
  for (const auto& day : report.days) {
    json::object row = as_json(day.all);
    row["day"] = day.date;
    row["cap"] = day.unlimited ? json::value(nullptr) : json::value(day.cap);
    row["lowest_stage"] = day.planned ? json::value(day.lowest_stage) : json::value(nullptr);
    row["highest_stage"] = day.planned ? json::value(day.highest_stage) : json::value(nullptr);
    json::object& providers = row["providers"].emplace_object();
    for (const auto& [name, counts] : day.providers) providers[name] = as_json(counts);
    rows.push_back(std::move(row));
  }
  return rows;
}

json::object classes(const SimulationReport& report) {
  json::object made;
  for (const auto& [name, of_class] : report.classes) {
    json::object row = as_json(of_class.counts);
    const auto seconds = [&waits = of_class.waits](double share) {
      return waits.count() == 0 ? json::value(nullptr) : json::value(waits.share(share).count() / 1000);
    };
    row["half_within_seconds"] = seconds(0.5);
    row["most_within_seconds"] = seconds(0.95);
    row["longest_seconds"] = seconds(1);
    row["oldest_waits_since"] =
        of_class.oldest_waits ? json::value(queue::rfc3339(*of_class.oldest_waits)) : json::value(nullptr);
    made[name] = std::move(row);
  }
  return made;
}

json::array lanes(const SimulationReport& report) {
  json::array rows;
  for (const auto& lane : report.lanes) {
    json::array history;
    for (const auto& day : lane.days)
      history.push_back(json::object{{"day", day.date},
                                     {"stage", lane.plan.empty() ? json::value(nullptr) : json::value(day.stage)},
                                     {"growth", or_null(day.growth)},
                                     {"cap", or_null(day.cap)},
                                     {"sent", day.sent},
                                     {"delivered", day.delivered},
                                     {"state", day.state}});
    rows.push_back(json::object{{"source", lane.source},
                                {"provider", lane.provider},
                                {"plan", lane.plan.empty() ? json::value(nullptr) : json::value(lane.plan)},
                                {"enforced", lane.enforced},
                                {"overflow", lane.overflow},
                                {"state", lane.state},
                                {"stage", lane.plan.empty() ? json::value(nullptr) : json::value(lane.stage)},
                                {"growth", or_null(lane.growth)},
                                {"cap", or_null(lane.cap)},
                                {"warm", or_null(lane.warm)},
                                {"history", std::move(history)}});
  }
  return rows;
}

}  // namespace

json::object season_json(const SimulationReport& report) {
  json::object providers, changes, stops;
  for (const auto& [name, counts] : report.providers) providers[name] = as_json(counts);
  for (const auto& [change, count] : report.changes) changes[change] = count;
  for (const auto& [name, lasted] : report.stops) stops[name] = lasted.count() / 1000;
  json::array notices;
  for (const auto& notice : report.notices)
    notices.push_back(json::object{{"time", queue::rfc3339(notice.at)},
                                   {"source", notice.source},
                                   {"provider", notice.provider},
                                   {"change", notice.change},
                                   {"reason", notice.reason},
                                   {"alert", notice.alert}});
  return {{"scenario", report.file},
          {"title", report.title.empty() ? json::value(nullptr) : json::value(report.title)},
          {"seed", report.seed},
          {"timezone", report.timezone},
          {"start", queue::rfc3339(report.start)},
          {"end", queue::rfc3339(report.end)},
          {"outcome", word(outcome_of(report))},
          {"verdict", verdict(report)},
          {"total", as_json(report.total)},
          {"days", days(report)},
          {"providers", std::move(providers)},
          {"stops", std::move(stops)},
          {"classes", classes(report)},
          {"lanes", lanes(report)},
          {"changes", std::move(changes)},
          {"notices", std::move(notices)}};
}

}  // namespace mta::ctl
