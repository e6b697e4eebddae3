// mta/scheduler/spool_damage.h — what is told of damage to the spool.
//
// What      The event about a damaged log that was accepted, once; what status says of it and of messages that cannot be read.
// Units     –
// Promise   The event is written once, over restarts. Status shows a damaged log for 30 days.
// Errors    –
// Source    README "See what it does"; mta/control/JSON.md "status".
// Not here  finding damage (queue/verify.h), what becomes of the mail (mail_table_damage.cpp).
#pragma once

#include "mta/report/queries.h"
#include "mta/scheduler/scheduler_state.h"

namespace mta {

void tell_damage(SchedulerState&);
std::vector<DamageReport> report_damage(const SchedulerState&);

}  // namespace mta
