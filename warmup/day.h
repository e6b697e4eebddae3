// warmup/day.h — where a lane's day begins and ends.
//
// What      Boundaries of the plan's day in its time zone.
// Units     Instants are UTC milliseconds; a date names the day that ends with it, "2026-11-20".
// Promise   No day is shorter than 12 hours. A first day, and one after a change of zone or day_start, lasts 12 to 36 hours (an hour more
//           where clocks change); every other one is the plan's, 23 to 25 hours.
// Errors    An unknown zone is taken as UTC: conf refused it.
// Source    WARMUP.md §3.
// Not here  what a day did (lane.h), what its end changes (advance.h).
#pragma once

#include <chrono>
#include <string>

#include "warmup/options.h"

namespace warmup {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

class DayRule {
 public:
  DayRule() = default;
  DayRule(std::string timezone, std::chrono::minutes day_start) : zone_(std::move(timezone)), start_(day_start) {}
  explicit DayRule(const PlanOptions& plan) : DayRule(plan.timezone, plan.day_start) {}

  Instant next_boundary(Instant after) const;  // the first boundary later than `after`
  Instant last_boundary(Instant at) const;     // the last boundary not later than `at`
  Instant first_end(Instant began) const;      // of a day: the first boundary at least 12 hours later
  std::string date(Instant end) const;         // of the day that ends there
  friend bool operator==(const DayRule&, const DayRule&) = default;

 private:
  std::string zone_ = "UTC";
  std::chrono::minutes start_{0};
};

}  // namespace warmup
