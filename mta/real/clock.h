// mta/real/clock.h — the machine's two clocks.
//
// What      SystemCalendar: the wall clock and alarms on it. SteadyStopwatch: the monotonic clock and waits on it.
// Units     Calendar: UTC milliseconds. Stopwatch: durations.
// Promise   An alarm looks at the wall clock again at least every 5 s, so it notices a clock that was set; it never fires early
//           by the clock it can see. After clear() or destruction its callback does not run.
// Errors    None.
// Source    design §3.1.
// Not here  scaled time (rehearsal), simulated time (mta/sim).
#pragma once

#include "mta/world.h"

namespace mta::real {

class SystemCalendar : public Calendar {
 public:
  Instant now() const override;
  Boot boot() const override;  // CLOCK_BOOTTIME: it runs on while the host sleeps
  std::unique_ptr<Alarm> alarm(Executor, std::function<void()>) override;
};

class SteadyStopwatch : public Stopwatch {
 public:
  std::chrono::steady_clock::time_point now() const override;
  awaitable<void> wait_for(Duration) override;
};

// How long an alarm may sleep before it looks at the clock again. REQUIRES: when > now.
Duration nap(Instant now, Instant when);

}  // namespace mta::real
