// mta/scheduler/lane_events.h — what befell a lane, as events and lines of the log.
//
// What      One event of type `lane` for each change, in the current batch.
// Units     –
// Promise   A change that is an alert is logged as a warning, any other as information.
// Errors    –
// Source    WARMUP.md §8; README "See what it does" (`lane`).
// Not here  what changes a lane (warmup/).
#pragma once

#include "mta/scheduler/transaction.h"
#include "warmup/live_lane.h"

namespace mta {

void emit_lane_events(Transaction&, const LiveLane&, const warmup::Changes&);

}  // namespace mta
