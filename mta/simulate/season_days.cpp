#include "mta/simulate/season_days.h"

#include "mta/simulate/scenario_tables.h"

namespace mta::simulate {

namespace {

using namespace std::chrono_literals;

std::string zone_of(const Scenario& scenario, const conf::Config& config) {
  if (!scenario.timezone.empty()) return scenario.timezone;
  for (const auto& source : config.sources) {
    for (const auto& plan : config.plans) {
      if (plan.name == source.plan) return plan.timezone;
    }
  }
  return "UTC";
}

// Local midnights: where the first day begins and where each one ends.
std::vector<Instant> midnights(const warmup::DayRule& rule, const Scenario& scenario) {
  const Instant earliest = Instant(*parse_date(scenario.start)) - 24h * 2;
  std::vector<Instant> days{rule.next_boundary(earliest)};
  while (rule.date(rule.next_boundary(days.front())) != scenario.start) days.front() = rule.next_boundary(days.front());
  while (days.size() <= scenario.days) days.push_back(rule.next_boundary(days.back()));
  return days;
}

}  // namespace

SeasonDays::SeasonDays(const conf::Config& config, const Scenario& scenario)
    : timezone_(zone_of(scenario, config)), rule_(timezone_, 0min), boundaries_(midnights(rule_, scenario)) {}

unsigned SeasonDays::weekday(unsigned day) const {
  return std::chrono::weekday(*parse_date(date_ended(end_of(day)))).c_encoding();
}

}  // namespace mta::simulate
