// warmup/lane_command.h — the operator's hand on a lane.
//
// What      pause, hold, resume, set a stage, undo the last automatic change, acknowledge it.
// Units     Stages count from 0; durations of scheduling time.
// Promise   Never lowers what was sent. Every change says who and why. A set stage may raise today's limit.
// Errors    A text for people when it cannot be done; nothing was changed then.
// Source    WARMUP.md §8, README "See what it does".
// Not here  asking for it (mta/control, mta/ctl).
#pragma once

#include "warmup/lane.h"

namespace warmup {

enum class LaneCommand { pause, resume, hold, set, undo, ack };

struct LaneCommandRequest {
  LaneCommand command = LaneCommand::ack;
  std::optional<unsigned> stage;  // set
  std::optional<Duration> lasts;  // pause, hold
  std::string by, reason;
};

struct LaneCommandResult {
  Changes changes;
  std::string refused;  // why not, "" = done
};

LaneCommandResult apply(const LaneWithRules&, const LaneCommandRequest&, Instant now);

}  // namespace warmup
