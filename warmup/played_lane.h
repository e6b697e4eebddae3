// warmup/played_lane.h — a lane that a forecast plays forward, day by day.
//
// What      PlayedLane, a copy of a lane with what it may still send; PlayedDay, a day of a lane that many forecasts play at once.
// Units     Recipients; days of the lane.
// Promise   Nothing goes wrong: a day ends without vetoes. A day that several forecasts play alike is played once, and is forgotten when
//           the last of them has left it. Of one thread.
// Errors    None.
// Source    WARMUP.md §10.
// Not here  who shares what the lane may send (forecast.cpp), the end of a day (advance.h).
#pragma once

#include <map>
#include <memory>

#include "warmup/lane.h"

namespace warmup {

constexpr Recipients without_limit = 1'000'000'000'000;

class PlayedLane {
 public:
  explicit PlayedLane(const LaneView& of);

  const Lane& lane() const { return lane_; }
  const Day& today() const { return lane_.today; }
  const Rules& rules() const { return *rules_; }
  bool limited() const { return rules_->enforced() && lane_.today.limit.has_value(); }
  std::optional<Instant> opens(Instant now) const;  // when brakes and operator holds let it go on; empty when that is not known
  Recipients room(Instant now) const;               // what may go of today from `now` on, of all classes
  Recipients hourly() const { return hourly_; }     // an hour's share of the day, by the hourly limit

  void sends(std::string_view mail_class, Recipients n);
  void end_day();

 private:
  void note_hourly();

  Lane lane_;
  const Rules* rules_;
  Recipients hourly_ = without_limit;
};

class PlayedDay {
 public:
  explicit PlayedDay(PlayedLane lane) : lane_(std::move(lane)) {}
  const PlayedLane& lane() const { return lane_; }

  // The day after `day`, on which so many were sent. `played` counts the days that had to be played for it.
  static std::shared_ptr<PlayedDay> after(std::shared_ptr<PlayedDay> day, Recipients sent, std::uint64_t& played);

 private:
  void end(Recipients sent);

  PlayedLane lane_;
  std::map<Recipients, std::shared_ptr<PlayedDay>> next_;  // by what was sent; shared by the forecasts that are there
};

}  // namespace warmup
