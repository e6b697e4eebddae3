// mta/doors/tasks.h — who owns the coroutines.
//
// What      spawn(name, awaitable) on an executor, count of those running, a join for shutdown.
// Units     –
// Promise   An exception that leaves a task is a bug: it is logged with the task's name and the process aborts. StreamLost is the one
//           exception that may leave a task; it is logged at debug.
// Errors    See promise.
// Source    DESIGN.md §4.3; §8, rule 7.
// Not here  threads (mta/real), stopping what a task waits for (its streams' owners close them).
#pragma once

#include <atomic>
#include <string>

#include "mta/doors/world.h"

namespace mta {

class Tasks {
 public:
  void spawn(const Executor&, std::string name, awaitable<void>);
  std::size_t running() const { return running_; }

 private:
  std::atomic<std::size_t> running_{0};
};

// The third kind of wrong (DESIGN.md §8, rule 6): our own mistake. On in release builds; logs and aborts.
[[noreturn]] void broken_promise(const char* condition, const char* file, int line);
#define ENSURE(condition) ((condition) ? static_cast<void>(0) : ::mta::broken_promise(#condition, __FILE__, __LINE__))

}  // namespace mta
