// mta/scheduler/writer_thread.h — whether this is the thread that decides and writes.
//
// What      Jobs of the scheduler run within a WriterTurn; code that changes its state asks is_here().
// Units     –
// Promise   Until begin() any thread may work, one at a time: the start, before jobs run. From then on only what runs within a WriterTurn of this
//           very scheduler may.
// Errors    –
// Source    mta/DESIGN.md §4.1, §4.2.
// Not here  the queue of jobs (inbox.h).
#pragma once

#include <atomic>
#include <utility>

namespace mta {

class WriterThread {
 public:
  void begin() { begun_ = true; }
  bool is_here() const { return !begun_ || current_ == this; }

  class WriterTurn {
   public:
    explicit WriterTurn(const WriterThread& writer) : before_(std::exchange(current_, &writer)) {}
    ~WriterTurn() { current_ = before_; }
    WriterTurn(const WriterTurn&) = delete;
    WriterTurn& operator=(const WriterTurn&) = delete;

   private:
    const WriterThread* before_;
  };

 private:
  std::atomic<bool> begun_{false};
  static inline thread_local const WriterThread* current_ = nullptr;
};

}  // namespace mta
