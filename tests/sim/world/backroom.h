// tests/sim/world/backroom.h — one thread for RocksDB's background work, and a way to wait until it has none.
//
// What      Jobs run one at a time in the order they came.
// Units     –
// Promise   After wait_until_idle() no job is left or running, jobs that jobs added included. On the thread itself it returns
//           at once.
// Errors    None.
// Source    RocksDB 7.8 env.h: Schedule, UnSchedule. (A job cannot run inside Schedule: the database's mutex is held there.)
// Not here  what the jobs do.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace mta::sim {

class BackgroundThread {
 public:
  using Function = void (*)(void*);
  struct Job {
    Function run;
    void* argument;
    void* tag;
    Function given_up;  // may be nullptr
  };

  BackgroundThread() = default;
  ~BackgroundThread();
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  void add(const Job&);
  int give_up(void* tag);  // jobs that have not begun; how many
  void wait_until_idle();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool busy_ = false, closing_ = false;
  std::thread thread_;
};

}  // namespace mta::sim
