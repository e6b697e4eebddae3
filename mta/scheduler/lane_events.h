// mta/scheduler/lane_events.h — what befell a lane or a sender, as events and lines of the log.
//
// What      One event of type `lane` or `sender` for each change, in the current batch. That a domain became a bulk sender is told once.
// Units     –
// Promise   A change that is an alert is logged as a warning, any other as information.
// Errors    –
// Source    WARMUP.md §8; README "See what it does" (`lane`, `sender`).
// Not here  what changes a lane (warmup/).
#pragma once

#include "mta/scheduler/transaction.h"
#include "warmup/live_lane.h"

namespace mta {

void emit_lane_events(Transaction&, const LiveLane&, const warmup::Changes&);
void emit_sender_events(Transaction&, const queue::Store&, const LiveLane& sender, const warmup::Changes&);

}  // namespace mta
