// tests/parity/play.h — a small world, played by the daemon in the town and by `simulate`.
//
// What      What became of the mail, by day and lane: answers of receivers, what was charged, what bounced, expired, was delivered.
// Units     Recipients.
// Promise   Both tallies count by the same names. sent: what a lane's ledger was charged on a day.
// Errors    Whatever the town throws.
// Source    DESIGN.md §6.2.
// Not here  the worlds (small_world.h).
#pragma once

#include "receiver_script.h"
#include "tests/sim/town.h"

namespace mta::sim {

struct PlayedInTown {
  Tally tally;
  conf::Config config;  // of the daemon, for simulate
};
PlayedInTown play_in_town(const SmallWorld&, Town&);
Tally play_in_simulate(const SmallWorld&, const conf::Config&);

// In words: the first days and lanes on which they differ; "" when they do not. A lane's first day may last beyond the world's days.
std::string difference(unsigned days, const Tally& town, const Tally& simulate);

}  // namespace mta::sim
