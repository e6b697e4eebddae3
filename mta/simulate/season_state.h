// mta/simulate/season_state.h — what the parts of a season share: the owners of its state.
//
// What      The configuration and the scenario that are played, the time that it is, and one owner for each kind of state. Mail is moved,
//           and ended, by one door.
// Units     Recipients; instants of scheduling time.
// Promise   Parts keep no copies of what an owner has.
// Errors    None.
// Source    DESIGN.md §6.2.
// Not here  decisions (held_queues.h, outcomes.h, simulation.h).
#pragma once

#include "mta/simulate/awake_queues.h"
#include "mta/simulate/season_days.h"
#include "mta/simulate/season_events.h"
#include "mta/simulate/season_tally.h"
#include "mta/simulate/withheld_domains.h"

namespace mta::simulate {

struct SeasonState {
  SeasonState(const conf::Config&, const Scenario&);
  SeasonState(const SeasonState&) = delete;
  SeasonState& operator=(const SeasonState&) = delete;

  const conf::Config& config;
  const Scenario& scenario;
  SeasonDays days;
  SeasonEvents events;
  Lanes lanes;
  Queues queues;
  AwakeQueues awake;
  WithheldDomains withheld;
  SeasonTally tally;
  Instant now{};

  void put(SimulatedQueue&, const Cohort&);  // where its due and its number place it; a head that is due is looked at at once
  void go_home(SimulatedQueue&, SimulatedLane& bound_to,
               Cohort);  // to any source of the pool, with the place that its waiting earned
  void end(const SimulatedQueue&, SimulatedLane&, const Cohort&, Recipients Counts::*fate);
  void sleep(SimulatedQueue&, Instant until);
  void wake(SimulatedQueue&);           // its head is looked at, whatever it sleeps for
  void wake_for(const SimulatedLane&);  // what was told to wait for it asks again
};

}  // namespace mta::simulate
