// mta/books/acceptor.h — mail becomes real.
//
// What      Takes body chunks as they come; writes messages with their recipients into queues, one batch for all that arrived since the last
//           wake-up; refuses when there is no room or when every recipient would wait too long.
// Units     Messages, chunks of chunk_bytes.
// Promise   Who is told "kept" has a message on stable storage. A batch that finds no room leaves nothing behind.
// Errors    No space and shutting down are answers (Kept).
// Source    design §3 (step 3), §5.
// Not here  who may send (mta/submit), how long it would wait (forecasts.h).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mta/books/forecasts.h"
#include "mta/books/message_ids.h"
#include "mta/books/overflow_use.h"
#include "mta/books/returns.h"
#include "mta/books/routing.h"
#include "mta/books/space_watch.h"

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

  void keep(queue::MessageId, std::uint32_t number, const std::string& chunk, Asker<Kept>);
  void forget(queue::MessageId, std::uint32_t chunks);
  void accept(PendingAccept pending) { waiting_.push_back(std::move(pending)); }
  bool commit();
  std::string full_for(const Draft&);
  bool accepting() const { return !state_.finished && !state_.transaction.full() && !parts_.space.low(); }  // from any thread
  void abandon() { waiting_.clear(); }

 private:
  struct Written {
    queue::MessageId id;
    Asker<Acceptance> asker;
    std::string opens;  // for the 250 reply
    std::vector<std::pair<std::string, queue::LineRow>> rows;
  };
  Kept why_not() const { return state_.finished ? Kept::shutting_down : Kept::no_space; }
  std::vector<Written> write_new(std::vector<PendingAccept>& reports);
  Written write(PendingAccept&);
  void undo(const std::vector<Written>&, const queue::Totals& before);
  std::string full_text(const Incoming&);

  SchedulerState& state_;
  Parts parts_;
  std::vector<PendingAccept> waiting_;
};

}  // namespace mta
