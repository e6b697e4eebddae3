// mta/scheduler/forecasts.h — when mail will go.
//
// What      Forecasts of a provider for operators; for acceptance, when a queue opens and whether it is full.
// Units     Recipients; scheduling time.
// Promise   A forecast makes no lane and changes nothing. What acceptance reads is at most a minute old, and made anew when what waits is
//           another by a fiftieth, or when a lane's state changes.
// Errors    None.
// Source    WARMUP.md §6, §10.
// Not here  the engine (warmup/forecast.h), counting what waits (queue_totals.h).
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "mta/report/queries.h"
#include "mta/scheduler/scheduler_state.h"
#include "warmup/forecast.h"

namespace mta {

class Forecasts {
 public:
  explicit Forecasts(SchedulerState& state) : state_(state) {}
  ForecastReport forecast(const ForecastRequest&);
  // By a plan, or by a brake or an operator, who stop a lane without a plan too.
  bool may_be_held_up(const queue::QueueKey&);
  std::string opens_text(const queue::QueueKey&);  // "google opens about …" when that is worth telling, else empty
  std::string full_text(const queue::QueueKey&);   // the same when its mail would wait longer than max_wait, else empty
  void forget() { known_.clear(); }                // a lane's state changed

 private:
  ForecastReport forecast_of(const ForecastRequest&);
  const QueueForecast& forecast_of_queue(const queue::QueueKey&);
  std::vector<warmup::Way> ways_of(const std::string& pool, const std::string& provider, const std::string& source);
  std::vector<warmup::Elsewhere> others_in_total(const std::string& source, const std::string& but);

  SchedulerState& state_;
  std::map<std::tuple<std::string, std::string, std::string>, QueueForecast> known_;  // by pool, provider, class
};

}  // namespace mta
