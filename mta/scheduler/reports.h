// mta/scheduler/reports.h — what operators ask of the queue and its lanes.
//
// What      status, pages of the queue, one message, find, why, forecast, the events of a lane, verify.
// Units     –
// Promise   From any executor. Rows are read on the work pool as they were written last; only lanes and what is in conversation are asked of
//           the scheduler's thread. Nothing is changed.
// Errors    What cannot be read is left out; `spool verify` names it.
// Source    mta/control/JSON.md.
// Not here  JSON and HTTP (mta/control).
#pragma once

#include <string>
#include <vector>

#include "mta/report/queries.h"
#include "mta/scheduler/acceptor.h"
#include "mta/scheduler/forecasts.h"
#include "mta/scheduler/lane_reports.h"

namespace mta {

class Reports {
 public:
  struct Parts {
    Forecasts& forecasts;
    LaneReports& lanes;
    Acceptor& acceptor;
    SpaceWatch& space;
  };
  Reports(SchedulerState& state, Parts parts)
      : state_(state), forecasts_(parts.forecasts), lane_reports_(parts.lanes), acceptor_(parts.acceptor), space_(parts.space) {}

  awaitable<StatusReport> status();
  awaitable<QueuePage> list(QueueFilter, std::string cursor, std::size_t limit);
  awaitable<std::optional<MessageReport>> show(queue::MessageId);
  awaitable<std::vector<queue::Ended>> ends_of(queue::MessageId);  // of its recipients that left the queue, by number
  awaitable<FoundPage> find(FindFilter, std::string cursor, std::size_t limit);
  awaitable<std::vector<Gate>> lane_gates(GateRequest);
  awaitable<ForecastReport> forecast(ForecastRequest);
  awaitable<std::vector<std::string>> lane_events(std::string source, std::string provider);  // JSON, oldest first
  awaitable<queue::Verified> verify();                                                        // the whole spool

 private:
  awaitable<std::shared_ptr<const conf::Config>> config_now();
  StatusReport report_lanes();
  void look_ahead(StatusReport&);

  SchedulerState& state_;
  Forecasts& forecasts_;
  LaneReports& lane_reports_;
  Acceptor& acceptor_;
  SpaceWatch& space_;
};

}  // namespace mta
