// tests/swarm/seeds.h — a property, tried in many towns.
//
// What      Plays towns of consecutive seeds and fails with the story of those in which something is broken.
// Units     –
// Promise   SWARM_SEEDS=n plays n towns instead of the usual number; SIM_SEED=n plays town n only, as it was played when it failed.
// Errors    What a town throws is a broken promise.
// Source    DESIGN.md §6.1.
// Not here  what befalls the towns (fault_plan.h, ordeal.h).
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/sim/town.h"

namespace mta::sim {

inline std::uint64_t number_from_env(const char* name, std::uint64_t usual) {
  const char* wish = std::getenv(name);
  return wish == nullptr || *wish == '\0' ? usual : std::strtoull(wish, nullptr, 10);
}

// `Play` is made of a seed; play() returns the promises that were broken, town() is where.
template <class Play>
bool promises_hold(std::uint64_t seed) {
  Play play(seed);
  std::vector<std::string> broken;
  try {
    broken = play.play();
  } catch (const std::exception& thrown) {
    broken.push_back(thrown.what());
  }
  if (broken.empty()) return true;
  std::string text;
  for (std::size_t i = 0; i < broken.size() && i < 10; ++i) text += broken[i] + "\n";
  ADD_FAILURE() << text << play.town().story();
  return false;
}

template <class Play>
void promises_hold_in_all_towns(std::uint64_t usual_towns) {
  constexpr std::uint64_t most_failures = 3;
  const bool one = std::getenv("SIM_SEED") != nullptr;
  const std::uint64_t first = one ? seed_from_env_or(1) : 1, count = one ? 1 : number_from_env("SWARM_SEEDS", usual_towns);
  std::uint64_t failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < most_failures; ++seed)
    if (!promises_hold<Play>(seed)) ++failures;
}

}  // namespace mta::sim
