// mta/books/scheduler.h — which queue runs next, and what a turn of it is.
//
// What      The queues that are ready, new mail and old in turns; a turn of one: its head is taken by a lane that grants it, or waits.
// Units     Queues; scheduling time.
// Promise   A queue that can do nothing now sleeps until something that holds it ends, or waits for a connection in memory or on disk: no
//           queue is polled. New mail and mail whose time came take turns, so neither starves the other.
// Errors    No space for a decision: it stops, and goes on when there is room.
// Source    design §3 (steps 5, 6); warmup-rules §5, §6.
// Not here  which of several has the stronger claim (precedence.h), what becomes of a head that may not go (held_heads.h).
//
// A tour. run_ready() gives turns until no queue is ready. run() is one turn: it looks at the head of the queue (front() of lines.h); what is
// not routed or is to be reported goes to routing.h and returns.h; what ends or moves without a lane is done first (held_heads.h); then
// look_for_lane() asks every lane that may carry it (lane_table.h) and chooses one. When permits are scarce, precedence.h says whether
// another queue should have this one. attempts.h takes the mail. A head that no lane takes is resolved by held_heads.h, or
// wait_for_permit() puts the queue to sleep with a ticket.
#pragma once

#include <deque>
#include <limits>

#include "mta/books/attempts.h"
#include "mta/books/held_heads.h"
#include "mta/books/precedence.h"
#include "mta/books/returns.h"
#include "mta/books/routing.h"

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

  void enqueue(Line&);  // it is to have a turn
  void run_ready();
  void wake_lines();                         // whose time has come
  std::optional<Instant> next_wake() const;  // empty when none sleeps, or when enough are awake
  // After a reload or an operator's action: what was held may go now. At most `most` queues.
  void look_at_held(std::size_t most = std::numeric_limits<std::size_t>::max());

 private:
  bool run_next();
  Line* run(Line&, bool preferred);
  Search look_for_lane(Line&, const queue::LineRow& head);
  std::string place_of(const queue::RecipientId&);
  void wait_for_permit(Line&, const queue::LineRow& head, const Search&);
  void note_hold(Line&, const warmup::Hold&, const LaneKey&);
  void note_absent(Line&);
  void offer_waiting();
  void look_at_held(const std::string& from, std::uint64_t walk, std::size_t most);

  SchedulerState& state_;
  Precedence& precedence_;
  HeldHeads& held_;
  Routing& routing_;
  Returns& returns_;
  DiskWaits& disk_waits_;
  Attempts attempts_;
  std::deque<std::string> fresh_, old_;   // queues that are ready: mail just came; its time came
  std::deque<std::string> slot_waiting_;  // queues beyond the number of conversations at once
  bool fresh_first_ = true;
  std::uint64_t walks_ = 0;
};

}  // namespace mta
