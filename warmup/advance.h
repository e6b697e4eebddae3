// warmup/advance.h — days end and begin, plans change.
//
// What      Brings a lane to an instant: opens the days in between, judges each that ended, follows a changed plan.
// Units     Recipients; days of the plan.
// Promise   Each day that was opened is judged once (judge.h). Today's limit never rises by a change of the curve. A clock set back finds
//           the day that was used; one set forward opens no day early; days that the clock only claims make no lane idle.
// Errors    None.
// Source    WARMUP.md §2, §3, §7, §10.
// Not here  what the end of a day means (judge.h), braking within the day (brake.h), the operator's hand (lane_command.h).
#pragma once

#include "warmup/lane.h"

namespace warmup {

struct Moment {
  Instant now{};
  Boot boot;  // id "": unknown, the clock is believed
};

// The wall clock was set, or the host slept without it: no day in between counts as idle.
bool clocks_disagree(const Instant& before, const Boot& boot_before, const Moment& now);

Changes advance_to(const LaneWithRules&, const Moment&);

// The limit of a day that begins now (§2, surge guard), with what it was made of; for today too after `lane set`.
void set_limit(const LaneWithRules&, Instant now);
Recipients best_day(const Lane&, Instant now);  // delivered, within 30 days

}  // namespace warmup
