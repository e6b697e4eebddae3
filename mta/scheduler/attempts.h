// mta/scheduler/attempts.h — what a permit takes from a queue.
//
// What      Takes rows of one message from the head of a queue, with their open attempts and reservations, and gives them to a
//           conversation: a new one, or one that waits for more.
// Units     Recipients.
// Promise   Exactly as many as were granted, of one message and one domain, in one transaction. The conversation hears of it after the sync.
// Errors    –
// Source    DESIGN.md §3 (step 7), WARMUP.md §4.
// Not here  the permit (lane_table.h), what the conversation says (mta/deliver).
#pragma once

#include <deque>

#include "mta/scheduler/lane_search.h"
#include "mta/scheduler/scheduler_state.h"

namespace mta {

class Attempts {
 public:
  explicit Attempts(SchedulerState& state) : state_(state) {}
  void start(Queue&, const ChosenLane&);

 private:
  void take_rows(Queue&, std::uint64_t conversation, std::size_t most);
  std::deque<queue::QueueRow> step_over_trigger(Queue&, const std::string& trigger);
  void reserve(const Conversation&);
  Assignment assign(std::uint64_t id, const Conversation&, const Queue&);

  SchedulerState& state_;
};

}  // namespace mta
