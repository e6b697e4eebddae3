// mta/scheduler/lane_reports.h — how lanes stand and what holds them, for people.
//
// What      A lane as `status` shows it; every gate that a recipient passes, as `why` shows it.
// Units     Recipients; scheduling time.
// Promise   One row a gate, in the order in which they are passed. What it says is what the scheduler would be told now.
// Errors    None.
// Source    mta/control/JSON.md "status", "why"; WARMUP.md §10.
// Not here  JSON (mta/control), forecasts (forecasts.h).
#pragma once

#include <vector>

#include "mta/report/queries.h"
#include "mta/scheduler/held_heads.h"

namespace mta {

class LaneReports {
 public:
  LaneReports(SchedulerState& state, OverflowUse& overflow, HeldHeads& held) : state_(state), overflow_(overflow), held_(held) {}
  LaneReport report_of(const LaneKey&);
  std::vector<Gate> gates(const GateRequest&);

 private:
  void describe_permit(const LaneKey&, LaneReport&);
  void add_queue_gates(const Queue&, const GateRequest&, std::vector<Gate>&);
  void add_gates(const LaneKey&, const GateRequest&, std::vector<Gate>&);
  void add_brakes(const warmup::Lane&, const Gate& whose, std::vector<Gate>&);

  SchedulerState& state_;
  OverflowUse& overflow_;
  HeldHeads& held_;
};

}  // namespace mta
