// mta/simulate/season_days.h — the days of a season.
//
// What      Where each day begins and ends, in the time zone of the plan that is played, and what its date is.
// Units     Days count from 1, the first; instants UTC.
// Promise   A day of the report is a day of the lanes: the zone is the scenario's, else that of the first plan that a source follows.
// Errors    None: the scenario's dates were checked when it was read.
// Source    WARMUP.md §3.
// Not here  the days of a lane (warmup/day.h, lanes.h).
#pragma once

#include <string>
#include <vector>

#include "mta/simulate/scenario.h"
#include "warmup/day.h"

namespace mta::simulate {

class SeasonDays {
 public:
  SeasonDays(const conf::Config&, const Scenario&);

  const std::string& timezone() const { return timezone_; }
  Instant begins() const { return boundaries_.front(); }  // the first of them
  Instant ends() const { return boundaries_.back(); }     // the last of them
  Instant begin_of(unsigned day) const { return boundaries_[day - 1]; }
  Instant end_of(unsigned day) const { return boundaries_[day]; }
  const std::vector<Instant>& boundaries() const { return boundaries_; }
  Instant time_of(unsigned day, std::chrono::minutes at) const { return begin_of(day) + at; }

  std::string date_ended(Instant boundary) const { return rule_.date(boundary); }  // of the day that ends then
  std::string date_at(Instant now) const { return rule_.date(rule_.next_boundary(now)); }
  unsigned weekday(unsigned day) const;  // 0 = Sunday

 private:
  std::string timezone_;
  warmup::DayRule rule_;
  std::vector<Instant> boundaries_;  // one more than days
};

}  // namespace mta::simulate
