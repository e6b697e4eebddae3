// mta/scheduler/lane_actions.h — what an operator decides about a lane.
//
// What      Pause, resume, hold, set, undo, acknowledge; and the pause of overflows that send our own mail back to us.
// Units     –
// Promise   What a lane held looks again at once.
// Errors    What cannot be done is said in the report, and nothing is changed.
// Source    mta/control/JSON.md "lane hand"; WARMUP.md §6 (loops).
// Not here  the rules (warmup/lane_command.h).
#pragma once

#include <string>

#include "mta/report/queries.h"
#include "mta/scheduler/scheduler.h"

namespace mta {

class LaneActions {
 public:
  struct Parts {
    Precedence& precedence;
    Scheduler& scheduler;
  };
  LaneActions(SchedulerState& state, Parts parts) : state_(state), precedence_(parts.precedence), scheduler_(parts.scheduler) {}
  LaneCommandReport carry_out(const std::string& source, const std::string& provider, const warmup::LaneCommandRequest&);
  // Mail of ours came back from `client`: smarthosts that are an overflow and sent something lately may route it to us. Until an operator
  // resumes: it would go round and round.
  void pause_overflows(const std::string& client);

 private:
  SchedulerState& state_;
  Precedence& precedence_;
  Scheduler& scheduler_;
};

}  // namespace mta
