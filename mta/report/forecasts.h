// mta/report/forecasts.h — when mail will go: what people and acceptance are told.
//
// What      Forecasts of a provider for operators; for acceptance, when a queue opens and whether it is full.
// Units     Recipients; scheduling time.
// Promise   Pure: a forecast is computed from copies, on whatever thread.
// Errors    None. A lane that is not among the copies is left out.
// Source    WARMUP.md §6, §10.
// Not here  the engine (warmup/forecast.h), asking for the copies (reports.h), what acceptance keeps of it (mta/scheduler/forecasts.h).
#pragma once

#include <set>
#include <vector>

#include "mta/report/snapshot.h"
#include "queue/queue_groups.h"

namespace mta {

// Of which lanes a forecast for the queue of that pool, provider and source is made, but for totals.
std::set<LaneKey> lanes_of_forecast(const conf::Config&, const queue::QueueGroups&, const ForecastRequest&);

// By a plan, or by a brake or an operator, who stop a lane without a plan too.
bool may_hold_up(const warmup::LaneView&);
bool may_be_held_up(const LaneStates&, const ForecastRequest&);  // on one of its lanes

struct ForecastBasis {
  const LaneStates& lanes;
  const queue::QueueGroups& groups;
};
// `withheld`: at the provider.
std::vector<ForecastReport> make_forecasts(const std::vector<ForecastRequest>&, const ForecastBasis&,
                                           const std::vector<WithheldReport>& withheld);
// For a new recipient, behind `ahead` others; of the request only pool, provider and class are read.
QueueForecast make_queue_forecast(const ForecastRequest&, std::uint64_t ahead, const ForecastBasis&);

}  // namespace mta
