// tests/swarm/plans_of_chance.h — random plans for a town, small enough to bind.
//
// What      Rolls a plan, the classes, the sources' totals, sometimes a relay for what does not fit.
// Units     Recipients a day; shares 0…1.
// Promise   All chance is that of the dice. Whatever is rolled, a few hundred recipients leave within `enough_days` of good weather.
// Errors    –
// Source    WARMUP.md "[[plan]]", "[[class]]".
// Not here  the town (fault_plan.h).
#pragma once

#include "tests/sim/town.h"

namespace mta::sim {

inline constexpr unsigned enough_days = 90;

warmup::PlanOptions roll_plan(SimDice&);

// Classes with reserves, totals over all providers, and with `relay` (a host) an overflow.
void roll_warm_up(SimDice&, const std::string& relay, conf::Config&);

}  // namespace mta::sim
