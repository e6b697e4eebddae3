// mta/simulate/arrivals.h — how much mail comes on which day and hour.
//
// What      The scenario's streams and bursts, day by day, as arrivals at their instants.
// Units     Recipients.
// Promise   Over days each destination gets its share of a stream: fractions of recipients are owed, not lost. Seeded.
// Errors    None.
// Source    scenario.h (Arrivals, Burst).
// Not here  into which queue it goes (queues.h), whether it is let in (simulation.cpp).
#pragma once

#include <functional>
#include <vector>

#include "mta/simulate/queues.h"
#include "mta/simulate/random.h"
#include "mta/simulate/season_days.h"

namespace mta::simulate {

struct MailArrival {
  SimulatedQueue* queue = nullptr;
  Recipients count = 0;
  std::string_view from_domain;
};

class ArrivalPlan {
 public:
  using Expect = std::function<void(const MailArrival&, Instant)>;
  ArrivalPlan(const Scenario&, const SeasonDays&, Queues&, std::uint64_t seed);
  void plan_day(unsigned day, const Expect&);

 private:
  void plan_stream(std::size_t stream, unsigned day, const Expect&);
  void plan_burst(const Burst&, const Expect&);
  Recipients volume_owed(std::size_t stream, std::size_t destination, double volume);

  const Scenario& scenario_;
  const SeasonDays& days_;
  Queues& queues_;
  Random luck_;
  std::vector<std::vector<double>> owed_;  // by stream and destination: fractions of recipients
};

}  // namespace mta::simulate
