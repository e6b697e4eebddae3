// mta/scheduler/held_heads.h — what becomes of the head of a queue that may not go.
//
// What      It waits, goes by the overflow or back from it, is released from the source that it was bound to, waits for its From domain, is
//           reported as waiting too long, returned or expired.
// Units     Scheduling time.
// Promise   A function that returns true has moved or ended the head: the queue has another one.
// Errors    –
// Source    WARMUP.md §6, §8, §9.
// Not here  the rules (warmup/held.h), who asks (scheduler.h).
#pragma once

#include "mta/scheduler/overflow_use.h"
#include "mta/scheduler/scheduler_state.h"
#include "mta/scheduler/wait_warnings.h"

namespace mta {

class HeldHeads {
 public:
  HeldHeads(SchedulerState& state, OverflowUse& overflow) : state_(state), overflow_(overflow) {}

  bool is_exempt(const Queue&, const queue::QueueRow& head);  // no ledger counts it
  bool release(Queue&, const queue::QueueRow& head);          // from its source, or from the overflow
  bool refile(Queue&, const queue::QueueRow& head);           // its domain became our own, or is no more
  bool bounce_blocked(Queue&, const queue::QueueRow& head);
  bool expire(Queue&, const queue::QueueRow& head);            // while its site is closed
  bool wait_for_sender(Queue&, const queue::QueueRow& head);   // its From domain is withheld
  bool resolve(Queue&, const queue::QueueRow& head, Search&);  // REQUIRES: a hold was found
  void unbind(const queue::Message&, queue::Recipient&);       // nothing binds it to a source any more
  // What is withheld for mail of this queue from that domain; null when nothing is. In a smarthost's queue it is the smarthost that refuses.
  const WithheldSenders::value_type* withheld_by(const Queue&, const std::string& from_domain) const;

 private:
  bool return_to_pool(Queue&, const queue::QueueRow& head, Search&);
  void look_before_bounce(const queue::QueueRow& head, Search&) const;
  void go_home(Queue&, queue::QueueRow, queue::Recipient);
  bool warn(Queue&, const queue::QueueRow& head, const warmup::Hold&);
  void bounce(const queue::Message&, const queue::QueueRow&, queue::Recipient);

  SchedulerState& state_;
  OverflowUse& overflow_;
  WaitWarnings warnings_;
};

}  // namespace mta
