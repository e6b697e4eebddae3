// mta/report/lane_events.h — what befell a lane or a sender, as its events tell.
//
// What      The newest events of one lane, or of one sender's ledger, out of all events that are kept.
// Units     Events.
// Promise   Reads from the newest backwards, in steps; at most most_read of all types, so that a busy host sees its last changes. Oldest
//           first in the answer.
// Errors    None.
// Source    mta/control/JSON.md "lane history", "sender history".
// Not here  writing them (lane_table.cpp), their JSON (mta/observe).
#pragma once

#include <string>
#include <vector>

#include "queue/store.h"

namespace mta {

struct EventBounds {
  std::uint64_t most_read = 500'000, at_once = 20'000;
  std::size_t most_kept = 200;
};
std::vector<std::string> newest_sender_events(const queue::Store&, const std::string& domain, const std::string& provider,
                                              const EventBounds& = {});
std::vector<std::string> newest_lane_events(const queue::Store&, const std::string& source, const std::string& provider,
                                            const EventBounds& = {});

}  // namespace mta
