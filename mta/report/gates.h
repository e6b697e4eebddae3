// mta/report/gates.h — every gate between a waiting recipient and its next attempt.
//
// What      The rows of `why`: the recipient's own gates, then those of its queue, then those of every lane that the queue may use.
// Units     Recipients, seconds, attempts, connections, as each row says; scheduling time.
// Promise   One row a gate, in the order in which they are passed. What it says is what the scheduler would be told then. Pure.
// Errors    None.
// Source    mta/control/JSON.md "why"; WARMUP.md §10.
// Not here  JSON (mta/control), asking for the way (reports.h).
#pragma once

#include <vector>

#include "mta/report/snapshot.h"

namespace mta {

// Of its queue and lanes; none while its route is not known.
std::vector<Gate> way_gates(const GateRequest&, const WayState&);
// All of them, with those of its way.
std::vector<Gate> gates_of(const MessageReport&, const RecipientReport&, queue::Instant now, const conf::Config&,
                           const std::vector<Gate>& way);

}  // namespace mta
