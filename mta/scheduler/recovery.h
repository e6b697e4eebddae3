// mta/scheduler/recovery.h — what a crash left.
//
// What      At start: the counts and rows that memory needs; open attempts are charged and wait for their next try; body rows that belong to
//           no message are swept.
// Units     –
// Promise   After run() memory says what the store says. Sweeping goes on in steps beside the other work.
// Errors    A row that cannot be read is stepped over, with a word in the log.
// Source    DESIGN.md §4.2, §7; WARMUP.md §4.
// Not here  mending the store itself (queue/rebuild.h).
#pragma once

#include "mta/scheduler/acceptor.h"
#include "mta/scheduler/scheduler_state.h"
#include "mta/scheduler/space_watch.h"

namespace mta {

class Recovery {
 public:
  Recovery(SchedulerState& state, MessageIds& ids, SpaceWatch& space) : state_(state), ids_(ids), space_(space) {}
  void run();

 private:
  std::optional<std::string> last_key(queue::Family);
  void charge_open_attempts();
  void sweep_chunks(std::uint64_t from, std::uint64_t last);
  void sweep_between(std::uint64_t from, std::uint64_t end);

  SchedulerState& state_;
  MessageIds& ids_;
  SpaceWatch& space_;
};

}  // namespace mta
