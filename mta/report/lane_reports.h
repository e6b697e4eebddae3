// mta/report/lane_reports.h — how a lane stands, for people.
//
// What      A lane as `status` shows it, but for what waits for it.
// Units     Recipients; scheduling time.
// Promise   Pure.
// Errors    None.
// Source    mta/control/JSON.md "status"; WARMUP.md §10.
// Not here  JSON (mta/control), what waits and when it goes (status.h), every gate of one recipient (gates.h).
#pragma once

#include "mta/report/snapshot.h"

namespace mta {

LaneReport report_lane(const LaneStates&, const LaneKey&);  // REQUIRES: the lane is among them

}  // namespace mta
