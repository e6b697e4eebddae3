// warmup/hour.h — how much was sent in the last 60 minutes.
//
// What      Counts by the minute.
// Units     Recipients; minutes.
// Promise   in_last_hour() is never less than what was charged in any 60 minutes that end now: minutes count whole.
// Errors    None. A clock set back counts what is ahead of it, until turn_back() makes that of now.
// Source    WARMUP.md §5 (hourly limit).
// Not here  the limit (gate.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

namespace warmup {

class Hour {
 public:
  using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
  using Recipients = std::uint64_t;

  void add(Instant now, Recipients n);
  Recipients in_last_hour(Instant now) const;
  void turn_back(Instant now);                                          // the clock was set back: what lies ahead was just now
  Instant room_for(Instant now, Recipients n, Recipients limit) const;  // when n more fit; REQUIRES: n ≤ limit

  const std::deque<std::pair<std::int64_t, Recipients>>& minutes() const { return minutes_; }
  void restore(std::int64_t minute, Recipients n) { minutes_.emplace_back(minute, n); }
  friend bool operator==(const Hour&, const Hour&) = default;

 private:
  std::deque<std::pair<std::int64_t, Recipients>> minutes_;  // ascending
};

}  // namespace warmup
