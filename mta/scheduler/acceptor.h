// mta/scheduler/acceptor.h — writes accepted mail into the store.
//
// What      Takes body chunks as they come; writes messages with their recipients into queues, one batch for all that arrived since the last
//           wake-up; refuses when there is no room or when every recipient would wait too long.
// Units     Messages, chunks of chunk_bytes.
// Promise   A client that is told "kept" has its message on stable storage. A batch that finds no room leaves nothing behind.
// Errors    No space and shutting down are answers (AcceptResult).
// Source    DESIGN.md §3 (step 3), §7.
// Not here  who may send (mta/submit), how long it would wait (forecasts.h).
#pragma once

#include <list>
#include <string>
#include <utility>
#include <vector>

#include "mta/scheduler/forecasts.h"
#include "mta/scheduler/message_ids.h"
#include "mta/scheduler/overflow_use.h"
#include "mta/scheduler/returns.h"
#include "mta/scheduler/routing.h"
#include "mta/scheduler/space_watch.h"

namespace mta {

class Acceptor {
 public:
  struct Parts {
    SpaceWatch& space;
    Routing& routing;
    OverflowUse& overflow;
    Forecasts& forecasts;
    Returns& returns;
  };
  Acceptor(SchedulerState& state, Parts parts) : state_(state), parts_(parts) {}

  void keep(queue::MessageId, std::uint32_t number, const std::string& chunk, PendingReply<AcceptResult>);
  void forget(queue::MessageId, std::uint32_t chunks);
  void accept(PendingAccept);
  bool commit();
  void wait_too_long(const Draft&, PendingReply<std::string>);
  bool accepting() const { return !state_.finished && !state_.transaction.full() && !parts_.space.low(); }  // from any thread
  void abandon() {
    waiting_.clear();
    aside_.clear();
  }

 private:
  struct Written {
    queue::MessageId id;
    PendingReply<Acceptance> caller;
    std::string opens;  // for the 250 reply
    std::vector<std::pair<std::string, queue::QueueRow>> rows;
  };
  AcceptResult why_not() const { return state_.finished ? AcceptResult::shutting_down : AcceptResult::no_space; }
  std::vector<Written> write_new(std::vector<PendingAccept>& reports);
  Written write(PendingAccept&);
  void undo(const std::vector<Written>&, const queue::Totals& before);
  std::string full_text(const Incoming&);
  Forecasts::Stale stale_forecasts(const Incoming&);
  bool may_refuse(const std::string& mail_class) const;  // when its queue is full

  SchedulerState& state_;
  Parts parts_;
  std::vector<PendingAccept> waiting_;
  std::list<PendingAccept> aside_;  // until forecasts of their queues are made
};

}  // namespace mta
