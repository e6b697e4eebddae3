// mta/scheduler/wake_spread.h — when queues that sleep for the same ledger look again.
//
// What      A place in time for each: some together when the ledger opens, the next ones a little later.
// Units     Scheduling time.
// Promise   However many they are, few wake at one instant; a queue that has a place already keeps it. At most 10,000 ledgers.
// Errors    None.
// Source    DESIGN.md §3 (a held queue costs one timer).
// Not here  which of them goes first (turns.h): the strongest is found without waking all.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "mta/scheduler/parts.h"

namespace mta {

class WakeSpread {
 public:
  // `until`: when the ledger opens; `planned`: the place it has.
  Instant place(const LaneKey& ledger, const std::string& mail_class, Instant until, Instant planned, Instant now);

 private:
  struct Sleepers {
    Instant first{}, last{};
    unsigned count = 0;  // at `last`
  };
  std::map<std::pair<LaneKey, std::string>, Sleepers> sleepers_;
};

}  // namespace mta
