// mta/scheduler/message_ids.h — ids of new messages.
//
// What      Milliseconds of scheduling time, and a counter below them.
// Units     queue::MessageId.
// Promise   From any thread. Each is larger than all before it, over restarts too; as text they sort by arrival.
// Errors    None.
// Source    queue/STORE.md.
// Not here  their text (queue/types.h).
#pragma once

#include <atomic>

#include "mta/doors/world.h"
#include "queue/types.h"

namespace mta {

class MessageIds {
 public:
  queue::MessageId next(Instant now) {
    const auto milliseconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
    std::uint64_t last = last_.load(), next = 0;
    do {
      next = std::max(last + 1, milliseconds << 16U);
    } while (!last_.compare_exchange_weak(last, next));
    return {next};
  }
  void continue_behind(std::uint64_t last) { last_ = last; }  // at start

 private:
  std::atomic<std::uint64_t> last_{0};
};

}  // namespace mta
