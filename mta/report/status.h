// mta/report/status.h — the whole at a glance: what waits, every lane, when the last of it goes.
//
// What      What `status` says, put together from the scheduler's copies and the store.
// Units     Recipients; scheduling time.
// Promise   Two steps, because what waits says which lanes are needed: read_waiting(), then report_status() with copies of those. Both run on
//           whatever thread, and change nothing. Only queues that the filter lets through are forecast.
// Errors    What cannot be read is left out; the log says so.
// Source    mta/control/JSON.md "status"; WARMUP.md §10.
// Not here  JSON (mta/control), asking for the copies (reports.h).
#pragma once

#include <memory>
#include <set>

#include "mta/report/queue_totals.h"
#include "mta/report/snapshot.h"
#include "queue/queue_groups.h"

namespace mta {

struct WaitingMail {
  StatusReport report;                  // but for its lanes, and when each queue goes
  std::unique_ptr<QueueTotals> totals;  // null when the spool could not be read so far
  queue::QueueGroups groups;
  std::set<LaneKey> lanes;              // that are shown, or that the forecasts ask for
  std::vector<std::size_t> looked_for;  // the queues that are forecast, by their places in the report
};

WaitingMail read_waiting(const OverallState&, const LaneFilter&, const queue::Store&);
// The copies end here: that takes time too.
StatusReport report_status(WaitingMail, const OverallState&, LaneStates, const queue::Store&);

}  // namespace mta
