// mta/report/lane_reports.h — how a lane stands, for people.
//
// What      A lane, or the ledger of a sender, as `status` shows it, but for what waits for it.
// Units     Recipients; scheduling time.
// Promise   Nothing is changed. Since when a domain is a bulk sender is read of the store.
// Errors    None.
// Source    mta/control/JSON.md "status"; WARMUP.md §10.
// Not here  JSON (mta/control), what waits and when it goes (status.h), every gate of one recipient (gates.h).
#pragma once

#include "mta/report/snapshot.h"
#include "queue/store.h"

namespace mta {

LaneReport report_lane(const LaneStates&, const LaneKey&);  // REQUIRES: the lane is among them
// Of those of them that are among the states.
std::vector<LaneReport> report_senders(const LaneStates&, const std::vector<LaneKey>&, const queue::Store&);

}  // namespace mta
