// tests/sim/world/dice.h — chance with a seed.
//
// What      Named streams of dice from one seed: what the network rolls does not disturb what the daemon rolls.
// Units     –
// Promise   The same seed and name give the same rolls.
// Errors    None.
// Source    DESIGN.md §6.1. The generator is SplitMix64 (public domain).
// Not here  what is decided with them.
#pragma once

#include <cstdint>
#include <string_view>

#include "mta/doors/world.h"

namespace mta::sim {

class SimDice final : public Dice {
 public:
  SimDice(std::uint64_t seed, std::string_view name);
  std::uint64_t roll() override;
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : roll() % bound; }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }  // both included
  bool chance(double share) { return fraction() < share; }

 private:
  std::uint64_t state_;
};

}  // namespace mta::sim
