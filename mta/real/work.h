// mta/real/work.h — a pool of threads for jobs that would hold up a conversation.
//
// What      run(job) executes the job on a pool thread and resumes the caller on its own executor.
// Units     –
// Promise   What the job throws is thrown to the caller. The pool takes no signals. stop() waits for running jobs and drops those
//           not begun.
// Errors    The job's own.
// Source    DESIGN.md §5.
// Not here  conversations (threads.h).
#pragma once

#include <boost/asio/thread_pool.hpp>

#include "mta/doors/world.h"
#include "mta/real/signals_blocked.h"

namespace mta::real {

class PoolWork : public Work {
 public:
  explicit PoolWork(unsigned threads);
  ~PoolWork() override;
  awaitable<void> run(std::function<void()> job) override;
  void stop();

 private:
  PoolWork(unsigned threads, const SignalsBlocked&)
      : pool_(threads) {}  // so long are signals blocked that the threads are started
  asio::thread_pool pool_;
};

}  // namespace mta::real
