// mta/scheduler/overflow_use.h — when mail goes by its pool's overflow, and when it comes back.
//
// What      Whether the overflow takes something now, what goes there as it arrives or from the head of a held queue, and whether mail that
//           is there leaves it again.
// Units     Recipients; scheduling time.
// Promise   What waits there is never more than the class can get there today. Pace alone sends nothing there.
// Errors    None.
// Source    WARMUP.md §6.
// Not here  the rules (warmup/overflow.h, warmup/held.h).
#pragma once

#include <functional>
#include "mta/scheduler/lane_search.h"

#include "mta/scheduler/scheduler_state.h"
#include "warmup/overflow.h"

namespace mta {

class OverflowUse {
 public:
  explicit OverflowUse(SchedulerState& state) : state_(state) {}

  warmup::OverflowAnswer ask(const Queue&, const conf::Source& overflow);
  queue::QueueKey where_it_waits(queue::QueueKey);  // for new mail of that queue
  bool may_take(const Queue&, Instant due);         // a recipient that is due since then, as its class says
  bool take_head(Queue&, const queue::QueueRow& head, Search&);
  bool lets_go(Queue&, const queue::Recipient& head);
  std::optional<Instant> pool_opens(const queue::QueueKey& home);

 private:
  const conf::Source* overflow_of(const Queue&);
  std::string overflow_queue(const Queue&, const conf::Source& overflow) const;
  std::uint64_t in_conversation(const std::function<bool(const Queue&)>& counts);
  bool all_braked_for_long(const Queue&);
  bool is_full(const Queue&, std::uint64_t ahead);

  SchedulerState& state_;
};

}  // namespace mta
