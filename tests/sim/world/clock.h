// tests/sim/world/clock.h — the calendar and the stopwatch of virtual time.
//
// What      Calendar, Alarm and Stopwatch over the loop's time.
// Units     The world begins at `world_began`, 2026-01-05T00:00:00Z, a Monday.
// Promise   An alarm never runs inside set(), after clear(), or after its destruction. jump() moves the wall clock only: alarms
//           keep their instant, so they come earlier or later; the stopwatch and the time since boot notice nothing.
// Errors    None.
// Source    mta/doors/world.h.
// Not here  the order of events (loop.h).
#pragma once

#include <map>

#include "tests/sim/world/loop.h"

namespace mta::sim {

inline constexpr Instant world_began{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}};

class SimCalendar final : public Calendar {
 public:
  explicit SimCalendar(Loop& loop) : loop_(loop) {}
  Instant now() const override;
  BootClock boot() const override;
  std::unique_ptr<Alarm> alarm(Executor, std::function<void()>) override;
  void jump(Duration by);  // the wall clock is set, forward or back
  bool jumped() const { return jumped_; }
  void reboot(std::string id);  // another boot, which begins now

 private:
  class SimAlarm;
  Loop& loop_;
  std::string boot_id_ = "town";
  Duration booted_{0};  // of the loop's time
  Duration offset_{0};
  bool jumped_ = false;
  std::map<std::uint64_t, SimAlarm*> alarms_;  // by creation
  std::uint64_t next_ = 0;
};

class SimStopwatch final : public Stopwatch {
 public:
  explicit SimStopwatch(Loop& loop) : loop_(loop) {}
  std::chrono::steady_clock::time_point now() const override;
  awaitable<void> wait_for(Duration) override;

 private:
  Loop& loop_;
};

}  // namespace mta::sim
