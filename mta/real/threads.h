// mta/real/threads.h — the program's threads: one io_context each.
//
// What      N io threads for conversations, one for the scheduler, one that waits for the disk, one for DNS.
// Units     –
// Promise   A context is run by exactly one thread, so what lives on it needs no lock. Threads are named (io-0, scheduler, syncer,
//           resolver) and take no signals. stop() joins; forget() then destroys what still waited, of all contexts before any is
//           gone.
// Errors    The constructor throws std::runtime_error when no thread can be had. An exception that leaves a handler aborts: it is
//           a bug.
// Source    DESIGN.md §4.1.
// Not here  the pool for long jobs (work.h).
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "mta/doors/world.h"

namespace mta::real {

class IoThreads : public Threads {
 public:
  explicit IoThreads(unsigned io);  // 0: one per core
  ~IoThreads() override;
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  Executor io() override;
  Executor scheduler() override;
  Executor syncer() override;
  Executor resolver();
  unsigned count() const { return io_; }

  void stop();    // from outside; returns when every thread has ended
  void forget();  // after stop()

 private:
  class Context;
  void start(std::size_t index, const std::string& name);
  std::vector<std::unique_ptr<Context>> contexts_;  // the io ones, then scheduler, syncer, resolver
  std::vector<std::thread> threads_;
  unsigned io_;
  std::atomic<unsigned> next_{0};
};

}  // namespace mta::real
