// mta/scheduler/precedence.h — which queue goes first when not all can.
//
// What      The tickets of the queues that want a turn, a permit or a connection, and the claims by which they are ordered; how those that
//           sleep for one ledger are spread when they look again.
// Units     Queues; scheduling time.
// Promise   What a ledger grants goes to the strongest of those that want it, however many they are, awake or asleep. A brake's probe goes
//           to the most urgent, rather with another message than the one that met the refusal.
// Errors    None: a queue without a ticket looks again when its time comes.
// Source    WARMUP.md §5, §8.
// Not here  what makes a claim (warmup/claim.h), the tickets themselves (turns.h).
#pragma once

#include "mta/scheduler/lane_search.h"
#include "mta/scheduler/scheduler_state.h"
#include "mta/scheduler/turns.h"
#include "mta/scheduler/wake_spread.h"

namespace mta {

class Precedence {
 public:
  explicit Precedence(SchedulerState& state) : state_(state) {}
  void new_policy();  // at start and after a reload: no tickets
  void new_day(const LaneKey& ledger) { turns_.new_day(ledger); }

  void leave(const Queue& queue) { turns_.leave(queue.bytes); }
  void want_turn(Queue&);                                                     // it is to be run
  void want_permit(Queue&, const queue::QueueRow& head, const Search&);       // its ledgers hold it
  void want_connection(Queue&, const queue::QueueRow& head, const LaneKey&);  // the lane has none to spare
  std::size_t waiting_for(const LaneKey& key) const { return turns_.count(key, Wants::connection); }
  bool is_wanted(const LaneKey& key) const { return waiting_for(key) > 0; }

  void note_grant(const Queue&, const LaneKey&, bool probe);
  Queue* stronger_than(Queue&, const queue::QueueRow& head, const LaneKey& granted);
  std::string next_waiting(const LaneKey&);
  void wake_held(const LaneKey&, bool whatever_holds);
  void pass_turn_on(const Queue&);
  Instant looks_again(const Queue&, const warmup::Hold&, const LaneKey&);

 private:
  warmup::Turn turn_of(const queue::QueueKey&, const LaneKey&, const queue::QueueRow& head);
  TicketGroup group_of(const Queue&, const LaneKey&, const LaneKey& ledger, Wants) const;
  warmup::Party party_of(const LaneKey&, const std::string& mail_class);
  const Ticket* first_of(const TicketGroup&);
  Ticket better_probe(Queue&, const Ticket& own);
  bool stands_for_lane(const Ticket&);
  bool only_trigger(Queue&, const std::string& trigger);
  void wake_strongest(const LaneKey& ledger);

  SchedulerState& state_;
  Turns turns_;
  WakeSpread wake_spread_;
  bool has_plans_ = true;  // a source follows one: only then permits can be scarce before a brake
};

}  // namespace mta
