// mta/scheduler/scheduler.h — which queue runs next, and what a turn of it is.
//
// What      The queues that are ready, new mail and old in turns; a turn of one: its head is taken by a lane that grants it, or waits.
// Units     Queues; scheduling time.
// Promise   A queue that can do nothing now sleeps until something that holds it ends, or waits for a connection in memory or on disk: no
//           queue is polled. New mail and mail whose time came take turns, so neither starves the other.
// Errors    No space for a decision: it stops, and goes on when there is room.
// Source    DESIGN.md §3 (steps 5, 6); WARMUP.md §5, §6.
// Not here  which of several has the stronger claim (precedence.h), what becomes of a head that may not go (held_heads.h).
//
// A tour. run_ready() gives turns until no queue is ready. run() is one turn: it looks at the head of the queue (front() of queue_index.h); what is
// not routed or is to be reported goes to routing.h and returns.h; what ends or moves without a lane is done first (held_heads.h); then
// look_for_lane() asks every lane that may carry it (lane_table.h) and chooses one. When permits are scarce, precedence.h says whether
// another queue should have this one. attempts.h takes the mail. A head that no lane takes is resolved by held_heads.h, or
// wait_for_permit() puts the queue to sleep with a ticket.
#pragma once

#include <deque>
#include <limits>

#include "mta/scheduler/attempts.h"
#include "mta/scheduler/held_heads.h"
#include "mta/scheduler/precedence.h"
#include "mta/scheduler/returns.h"
#include "mta/scheduler/routing.h"

namespace mta {

class Scheduler {
 public:
  struct Parts {
    Precedence& precedence;
    HeldHeads& held;
    Routing& routing;
    Returns& returns;
    DiskWaits& disk_waits;
  };
  Scheduler(SchedulerState& state, Parts parts)
      : state_(state),
        precedence_(parts.precedence),
        held_(parts.held),
        routing_(parts.routing),
        returns_(parts.returns),
        disk_waits_(parts.disk_waits),
        attempts_(state) {}

  void enqueue(Queue&);  // it is to have a turn
  void offer_waiting();  // what was freed goes to queues that wait for it
  void run_ready();
  void wake_queues();                        // whose time has come
  std::optional<Instant> next_wake() const;  // empty when none sleeps, or when enough are awake
  // After a reload or an operator's action: what was held may go now. At most `most` queues.
  void look_at_held(std::size_t most = std::numeric_limits<std::size_t>::max());

 private:
  // What becomes of a queue after a look at its head.
  enum class Then { look_again, over, go_last, leave_it };
  struct Step {
    Then then = Then::look_again;
    Queue* stronger = nullptr;  // which should have the turn instead
  };
  bool run_next();
  Queue* run(Queue&, bool preferred);
  Step look_at_head(Queue&, bool preferred, std::size_t steps);
  Step offer(Queue&, const queue::QueueRow& head, bool preferred);
  Step sleep(Queue&, Instant until);
  Search look_for_lane(Queue&, const queue::QueueRow& head);
  std::string place_of(const queue::RecipientId&);
  void wait_for_permit(Queue&, const queue::QueueRow& head, const Search&);
  void note_hold(Queue&, const warmup::Hold&, const LaneKey&);
  void note_absent(Queue&);
  void look_at_held(const std::string& from, std::uint64_t walk, std::size_t most);

  SchedulerState& state_;
  Precedence& precedence_;
  HeldHeads& held_;
  Routing& routing_;
  Returns& returns_;
  DiskWaits& disk_waits_;
  Attempts attempts_;
  std::deque<std::string> fresh_, old_;             // queues that are ready: mail just came; its time came
  std::deque<std::string> waiting_for_connection_;  // queues beyond the number of conversations at once
  bool fresh_first_ = true;
  std::uint64_t walks_ = 0;
};

}  // namespace mta
