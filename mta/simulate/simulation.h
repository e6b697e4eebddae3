// mta/simulate/simulation.h — the warm-up rules played over weeks, on mail in cohorts.
//
// What      Runs a configuration through a scenario: mail arrives, waits in queues, asks the lanes, is answered by receivers, retried,
//           overflows or ends; day by day.
// Units     Recipients; an attempt takes no time.
// Promise   Deterministic: the same configuration, scenario and seed give the same report. A queue's head goes when a lane grants a
//           permit, with n = min(permit, recipients per message of the provider, the cohort). No network, no store, no clock.
// Errors    None: a scenario was checked when it was read.
// Source    DESIGN.md §6.2; WARMUP.md §1–§9.
// Not here  reading scenarios (scenario.h), what receivers do (models.h), the state (season_state.h) and what becomes of it (held_queues.h,
//           outcomes.h).
#pragma once

#include "mta/simulate/arrivals.h"
#include "mta/simulate/held_queues.h"
#include "mta/simulate/models.h"
#include "mta/simulate/outcomes.h"

namespace mta::simulate {

class Simulation {
 public:
  // `receiver` null: the scenario's models.
  Simulation(const conf::Config&, const Scenario&, std::uint64_t seed, Receiver* receiver = nullptr);
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  SimulationReport play();  // once

 private:
  struct Taker {  // the lane that is to carry a head; or what holds it
    LaneAnswer* way = nullptr;
    Recipients recipients = 0;
    bool probe = false;
    std::optional<warmup::Hold> hold;
    bool passes = false;  // a lane holds it only for what is in conversation
  };
  void happen(const SeasonEvent&);
  void close_day();
  void do_deed(const OperatorStep&);
  void arrive(const MailArrival&);
  bool serve(SimulatedQueue&, Recipients most);  // at most so many of its head have a turn; false: it sleeps
  Taker look_for_lane(SimulatedQueue&, const Cohort& head);
  void give(SimulatedQueue&, const Taker&, Recipients at_most);
  void put_back_rest(SimulatedQueue&, SimulatedLane&, Cohort taken, Recipients said_of);
  Instant rounded(const warmup::Hold&) const;

  SeasonState state_;
  HeldQueues held_;
  Outcomes outcomes_;
  ArrivalPlan plan_;
  Models models_;
  Receiver& receiver_;
  std::vector<MailArrival> arriving_;
  std::uint64_t next_mail_ = 0;
};

// A day or more of `scenario`, played.
SimulationReport play(const conf::Config&, const Scenario&, std::uint64_t seed, Receiver* receiver = nullptr);

}  // namespace mta::simulate
