// mta/submit/memory_gate.h — how much of a scarce thing all sessions may hold together.
//
// What      A limit, and claims on it that grow and shrink; at the limit a claim that wants more waits its turn.
// Units     Octets of message data in the listeners' gate, running password hashes in the one of credentials.h.
// Promise   Never fails and never deadlocks: of those who wait the oldest becomes the elder, and the elder is always served until it has
//           given everything back. So the sum exceeds the limit by what one holder holds, at most. First come, first served.
//           Thread-safe; a waiter resumes on its own executor.
// Errors    StreamLost{shut} for those who wait when the gate is closed.
// Source    DESIGN.md §3, step 1 (at the limit, stop reading; never fail).
// Not here  what is held (incoming_message.h).
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <cstdint>
#include <deque>
#include <mutex>

#include "mta/doors/world.h"

namespace mta {

class MemoryGate {
 public:
  explicit MemoryGate(std::uint64_t limit) : limit_(limit) {}
  ~MemoryGate();
  MemoryGate(const MemoryGate&) = delete;
  MemoryGate& operator=(const MemoryGate&) = delete;

  // What one holder has. One coroutine at a time; gives everything back when destroyed.
  class MemoryClaim {
   public:
    explicit MemoryClaim(MemoryGate& gate) : gate_(gate) {}
    ~MemoryClaim() { shrink(0); }
    MemoryClaim(const MemoryClaim&) = delete;
    MemoryClaim& operator=(const MemoryClaim&) = delete;

    std::uint64_t held() const { return held_; }
    awaitable<void> grow(std::uint64_t to);  // returns at once when it has as much
    void shrink(std::uint64_t to);           // no effect when it has less; 0 ends a turn as elder

   private:
    friend class MemoryGate;
    MemoryGate& gate_;
    std::uint64_t held_ = 0;
  };

  void set_limit(std::uint64_t);
  void close();  // what waits, or would wait from now on, fails
  std::uint64_t used() const;
  std::uint64_t most() const;  // the most that was ever held
  std::size_t waiting() const;

 private:
  struct MemoryWaiter {
    MemoryClaim* claim;
    std::uint64_t to;
    Executor home;
    asio::any_completion_handler<void()> go;
  };
  bool grant(MemoryClaim&, std::uint64_t to);  // these want mutex_ locked
  void serve(std::deque<MemoryWaiter>& served);
  static void resume(std::deque<MemoryWaiter>& served);

  mutable std::mutex mutex_;
  std::uint64_t limit_, used_ = 0, most_ = 0;
  const MemoryClaim* elder_ = nullptr;
  bool closed_ = false;
  std::deque<MemoryWaiter> waiters_;
};

}  // namespace mta
