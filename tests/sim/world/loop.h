// tests/sim/world/loop.h — one thread, one order of events, and time that passes only when nothing is left to do.
//
// What      The event loop of the simulated world: ready handlers first, then the earliest timer (ties by the order they were set).
//           Two executors: `outside()` for the town and the tests, `process()` for the program under test, which can be killed alone.
// Units     Time: microseconds of virtual time since the world began.
// Promise   The same calls give the same order, hence the same hash() of everything logged. Events at one instant and events of
//           one run are bounded: a livelock throws, it does not hang.
// Errors    LoopStuck, with the tail of the log.
// Source    DESIGN.md §6.1.
// Not here  what is simulated (clock, net, dns).
//
// Life times: objects that a coroutine of the program refers to must outlive its frame. So a crash is kill_process() (frames go
// first, their locals' destructors run while everything still stands), then the program's objects are destroyed, then, if wanted,
// a new process() is used. When the world ends it calls end() before anything that frames refer to (net, calendar, disk) is
// destroyed; the loop itself goes last.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mta/doors/world.h"

namespace mta::sim {

using Time = std::chrono::microseconds;

struct LoopStuck : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Executor outside();
  Executor process();
  // Not from inside a handler of process().
  void kill_process();  // destroys every coroutine and handler of process(); process() is a new one from now on
  // Both executors, for good: the world ends. Called by ~Loop; earlier when what frames refer to goes before the loop.
  void end();
  bool alive(const Executor&) const;  // false for the executor of a killed process

  // Time.
  Time now() const { return now_; }
  using TimerId = std::uint64_t;                       // 0: none
  TimerId at(Time when, std::function<void()> event);  // called by the loop itself: wake, post or deliver there, do not converse
  void cancel(TimerId&);                               // sets it to 0; a timer that fired or was never set is ignored

  // Running. All return when nothing is left to do; run_until also as soon as `done` holds (asked after every event).
  bool run_until(const std::function<bool()>& done);  // whether it holds
  void settle();                                      // what is ready now, without letting time pass
  void pass(Duration);                                // everything due in that time; afterwards it is exactly that much later
  // Spawns on outside() and runs until it returns. LoopStuck when it never would.
  template <class T>
  T run(awaitable<T> task);
  // StreamLost may end it; any other exception is kept and thrown by the next run.
  void spawn(const Executor&, std::string name, awaitable<void>);

  // Suspending a coroutine until somebody wakes it. `place` is not 0 while it is suspended; waking an empty place does nothing.
  // `place` must outlive the suspension (or the process: frames of a killed process do not touch it).
  using Slot = std::uint64_t;
  awaitable<void> park(Slot& place);
  void wake(Slot& place);
  awaitable<void> wait_until(Time);

  // The event log: every observable goes here.
  void log(std::string_view kind, std::string_view text);
  std::uint64_t hash() const { return hash_; }
  std::uint64_t events() const { return events_; }
  std::string tail(std::size_t lines = 60) const;  // the last of the log, for failures

  std::uint64_t most_events_at_one_instant = 5'000'000;
  std::uint64_t most_events = 500'000'000;

 private:
  struct Context : asio::io_context {
    Context() : io_context(1), work(get_executor()) {}
    void die() { shutdown(); }
    asio::executor_work_guard<executor_type> work;
    bool dead = false;
  };
  struct Parked {
    asio::any_completion_handler<void()> handler;
    Executor executor;
  };
  using TimerKey = std::pair<Time, TimerId>;
  struct Initiate;

  void kill(Context&);
  bool step();           // one ready handler; false: none
  bool fire(Time last);  // the earliest timer not after `last`
  void count_event();
  void rethrow();
  void park_handler(Slot&, asio::any_completion_handler<void()>, Executor);

  std::unique_ptr<Context> outside_;
  std::vector<std::unique_ptr<Context>> processes_;  // all but the last are dead, kept because executors still point at them
  std::map<TimerKey, std::function<void()>> timers_;
  std::map<TimerId, Time> timer_times_;
  std::map<Slot, Parked> parked_;
  std::uint64_t next_id_ = 1;
  Time now_{0};
  std::uint64_t events_ = 0, events_at_instant_ = 0;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
  std::deque<std::string> tail_;
  std::exception_ptr failure_;
  bool loud_ = false, process_first_ = false;
};

// What run() waits for; shared, because a task that is given up (LoopStuck) may still end later.
template <class T>
T Loop::run(awaitable<T> task) {
  struct Ending {
    bool reached = false;
    std::exception_ptr error;
    std::conditional_t<std::is_void_v<T>, char, std::optional<T>> value{};
  };
  const auto ending = std::make_shared<Ending>();
  if constexpr (std::is_void_v<T>) {
    asio::co_spawn(outside(), std::move(task),
                   [ending](std::exception_ptr error) { ending->reached = true, ending->error = error; });
  } else {
    asio::co_spawn(outside(), std::move(task), [ending](std::exception_ptr error, T value) {
      ending->reached = true, ending->error = error;
      if (!error) ending->value.emplace(std::move(value));
    });
  }
  if (!run_until([&ending] { return ending->reached; })) throw LoopStuck("the task never ends; nothing is left to do\n" + tail());
  if (ending->error) std::rethrow_exception(ending->error);
  if constexpr (!std::is_void_v<T>) return std::move(*ending->value);
}

}  // namespace mta::sim
