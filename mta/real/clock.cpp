#include "mta/real/clock.h"

#include <time.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <string>

namespace mta::real {

namespace {

using Wall = std::chrono::sys_time<std::chrono::nanoseconds>;
using Milliseconds = std::chrono::duration<double, std::milli>;

Wall wall_clock() { return std::chrono::system_clock::now(); }

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

Duration since_boot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

class WallAlarm : public Alarm {
 public:
  WallAlarm(const Executor& executor, std::function<void()> ring, const Tempo& tempo)
      : state_(std::make_shared<Parts>(executor, std::move(ring), tempo)) {}
  ~WallAlarm() override { WallAlarm::clear(); }
  WallAlarm(const WallAlarm&) = delete;
  WallAlarm& operator=(const WallAlarm&) = delete;

  void set(Instant when) override {
    state_->when = when;
    sleep(state_, ++state_->generation);
  }

  void clear() override {
    ++state_->generation;
    state_->timer.cancel();
  }

 private:
  // Shared with the pending wait, whose handler may run (and see that it is out of date) after we are gone.
  struct Parts {
    Parts(const Executor& executor, std::function<void()> ring_in, const Tempo& tempo_in)
        : timer(executor), ring(std::move(ring_in)), tempo(tempo_in) {}
    asio::steady_timer timer;
    std::function<void()> ring;
    Tempo tempo;
    Instant when;
    std::uint64_t generation = 0;
  };

  static void sleep(const std::shared_ptr<Parts>& state, std::uint64_t generation) {
    const Instant now = state->tempo.scheduling(wall_clock());
    state->timer.expires_after(state->when > now ? nap(state->tempo.real(state->when - now)) : Duration(0));
    state->timer.async_wait([state, generation](const boost::system::error_code&) {
      if (generation != state->generation) return;
      if (state->tempo.scheduling(wall_clock()) < state->when) return sleep(state, generation);
      ++state->generation;
      const auto ring = state->ring;  // the callback may destroy the alarm
      ring();
    });
  }

  std::shared_ptr<Parts> state_;
};

}  // namespace

// Computed in floating point, whose rounding is monotonic; milliseconds are exact for 200,000 years.
Instant Tempo::scheduling(Wall wall) const {
  if (scale <= 1) return std::chrono::floor<Duration>(wall);
  return epoch + std::chrono::floor<Duration>(Milliseconds(wall - epoch) * scale);
}

Duration Tempo::scheduling(Duration span) const {
  return scale <= 1 ? span : std::chrono::round<Duration>(Milliseconds(span) * scale);
}

Duration Tempo::real(Duration span) const { return scale <= 1 ? span : std::chrono::ceil<Duration>(Milliseconds(span) / scale); }

Duration nap(Duration left) { return std::clamp<Duration>(left, Duration(1), std::chrono::seconds(5)); }

Instant SystemCalendar::now() const { return tempo_.scheduling(wall_clock()); }

Instant SystemCalendar::wall() const { return std::chrono::floor<Duration>(wall_clock()); }

BootClock SystemCalendar::boot() const {
  static const std::string id = boot_id();
  return {id, tempo_.scheduling(since_boot())};
}

std::unique_ptr<Alarm> SystemCalendar::alarm(Executor executor, std::function<void()> ring) {
  return std::make_unique<WallAlarm>(executor, std::move(ring), tempo_);
}

std::chrono::steady_clock::time_point SteadyStopwatch::now() const { return std::chrono::steady_clock::now(); }

awaitable<void> SteadyStopwatch::wait_for(Duration duration) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, duration);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace mta::real
