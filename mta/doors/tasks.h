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
#include "queue/ensure.h"  // ENSURE, broken_promise

namespace mta {

class Tasks {
 public:
  void spawn(const Executor&, std::string name, awaitable<void>);
  std::size_t running() const { return running_; }

 private:
  std::atomic<std::size_t> running_{0};
};

}  // namespace mta
