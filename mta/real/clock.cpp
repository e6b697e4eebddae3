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

Instant wall_clock() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

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
  WallAlarm(const Executor& executor, std::function<void()> ring) : state_(std::make_shared<State>(executor, std::move(ring))) {}
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
  struct State {
    State(const Executor& executor, std::function<void()> ring_in) : timer(executor), ring(std::move(ring_in)) {}
    asio::steady_timer timer;
    std::function<void()> ring;
    Instant when;
    std::uint64_t generation = 0;
  };

  static void sleep(const std::shared_ptr<State>& state, std::uint64_t generation) {
    const Instant now = wall_clock();
    state->timer.expires_after(state->when > now ? nap(now, state->when) : Duration(0));
    state->timer.async_wait([state, generation](const boost::system::error_code&) {
      if (generation != state->generation) return;
      if (wall_clock() < state->when) return sleep(state, generation);
      ++state->generation;
      const auto ring = state->ring;  // the callback may destroy the alarm
      ring();
    });
  }

  std::shared_ptr<State> state_;
};

}  // namespace

Duration nap(Instant now, Instant when) { return std::clamp<Duration>(when - now, Duration(1), std::chrono::seconds(5)); }

Instant SystemCalendar::now() const { return wall_clock(); }

Boot SystemCalendar::boot() const {
  static const std::string id = boot_id();
  return {id, since_boot()};
}

std::unique_ptr<Alarm> SystemCalendar::alarm(Executor executor, std::function<void()> ring) {
  return std::make_unique<WallAlarm>(executor, std::move(ring));
}

std::chrono::steady_clock::time_point SteadyStopwatch::now() const { return std::chrono::steady_clock::now(); }

awaitable<void> SteadyStopwatch::wait_for(Duration duration) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, duration);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace mta::real
