// warmup/judge.h — what the end of a day changes.
//
// What      The verdict on a day that ended: a stage won, kept or lost.
// Units     Stages; recipients.
// Promise   In this order, the first that applies: operator hold → step back → hold → idle → advance. A day is judged once.
// Errors    None.
// Source    WARMUP.md §7, §10 (observe mode).
// Not here  when a day ends (advance.h), shares of bad answers (health.h).
#pragma once

#include "warmup/lane.h"

namespace warmup {

// REQUIRES: today has ended and was not judged.
Changes judge(const LaneWithRules&);

}  // namespace warmup
