// mta/real/clock.h — the machine's clocks.
//
// What      SystemCalendar: the wall clock and alarms on it; in a rehearsal it runs faster since an epoch. SteadyStopwatch: the
//           monotonic clock and waits on it.
// Units     Calendar: UTC milliseconds. Stopwatch: durations.
// Promise   An alarm looks at the wall clock again at least every 5 s, so it notices a clock that was set; it never fires early
//           by the clock it can see. After clear() or destruction its callback does not run.
// Errors    None.
// Source    DESIGN.md §5; WARMUP.md §9 (rehearsal: scheduled = epoch + N × (real − epoch)).
// Not here  where epoch and N are kept (mta/daemon/rehearsal.h), simulated time (tests/sim).
#pragma once

#include "mta/doors/world.h"

namespace mta::real {

// How scheduling time follows the wall clock. Scale 1: it is the wall clock.
struct Tempo {
  Instant epoch{};
  double scale = 1;

  Instant scheduling(std::chrono::sys_time<std::chrono::nanoseconds> wall) const;  // never runs back while `wall` does not
  Duration scheduling(Duration real) const;
  Duration real(Duration scheduling) const;  // rounded up: an alarm shall not ring early
};

class SystemCalendar final : public Calendar {
 public:
  explicit SystemCalendar(const Tempo& tempo = {}) : tempo_(tempo) {}
  Instant now() const override;
  BootClock boot() const override;  // CLOCK_BOOTTIME: it runs on while the host sleeps
  Instant wall() const override;
  Duration scheduling(Duration real) const override { return tempo_.scheduling(real); }
  std::unique_ptr<Alarm> alarm(Executor, std::function<void()>) override;

 private:
  Tempo tempo_;
};

class SteadyStopwatch : public Stopwatch {
 public:
  std::chrono::steady_clock::time_point now() const override;
  awaitable<void> wait_for(Duration) override;
};

// How long an alarm that is `left` of real time away may sleep before it looks at the clock again.
Duration nap(Duration left);

}  // namespace mta::real
