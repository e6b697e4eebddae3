// mta/simulate/held_queues.h — what becomes of the head of a queue that no lane takes.
//
// What      Overflow and the way back, waiting too long, sources that bind, a site that does not answer, From domains that are refused; what
//           of new mail goes by the overflow or is refused at the door.
// Units     Recipients; instants of scheduling time.
// Promise   The rules are those of warmup/ (held.h, overflow.h): nothing here decides.
// Errors    None. REQUIRES of every queue and head: the head is the queue's.
// Source    WARMUP.md §6, §8.
// Not here  whether a lane takes it (simulation.cpp), what follows an answer (outcomes.h).
#pragma once

#include "mta/simulate/season_state.h"
#include "warmup/held.h"

namespace mta::simulate {

class HeldQueues {
 public:
  explicit HeldQueues(SeasonState& state) : state_(state) {}

  // Each: whether the queue has another head now.
  bool expire(SimulatedQueue&, const Cohort& head);
  bool release(SimulatedQueue&, const Cohort& head);
  bool bounce_blocked(SimulatedQueue&, const Cohort& head);
  bool wait_for_sender(SimulatedQueue&, const Cohort& head);
  bool relieve(SimulatedQueue&, const Cohort& head);
  Instant looks_again(const SimulatedQueue&, const Cohort& head, Instant opens) const;  // at a head that is held until then

  bool is_full(SimulatedQueue&);                        // `tempfail`: by the forecast it would wait longer than max_wait
  Recipients overflowing(SimulatedQueue&, Recipients);  // how many of so many new ones go by the overflow

 private:
  warmup::PoolRoom room_in_pool(SimulatedQueue& home);
  bool return_to_pool(SimulatedQueue&, const Cohort& head);
  Recipients overflow_takes(SimulatedQueue&);
  std::optional<Recipients> left_for(SimulatedQueue&);
  bool all_braked_for_long(SimulatedQueue&);
  bool overflows(SimulatedQueue&, Recipients ahead);

  SeasonState& state_;
};

}  // namespace mta::simulate
