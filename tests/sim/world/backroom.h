// tests/sim/world/backroom.h — one thread for RocksDB's background work, and a way to wait until it has none.
//
// What      Jobs run one at a time in the order they came, and as late as they can: when somebody waits for them.
// Units     Patience in real time.
// Promise   After wait_until_idle() no job is left or running, jobs that jobs added included. On the thread itself it returns
//           at once. Nobody needs to wait: a job that nobody waited for begins when its patience ends, because the database may be
//           waiting for it without our knowing.
// Errors    None.
// Source    RocksDB 7.8 env.h: Schedule, UnSchedule. (A job cannot run inside Schedule: the database's mutex is held there.)
// Not here  what the jobs do.
#pragma once

#include <chrono>
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

  explicit BackgroundThread(std::chrono::milliseconds patience) : patience_(patience) {}
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
  std::chrono::milliseconds patience_;
  unsigned awaited_ = 0;  // by so many threads
  bool begun_ = false;    // what is there is worked off, and what is added meanwhile
  bool busy_ = false, closing_ = false;
  std::thread thread_;
};

}  // namespace mta::sim
