// tests/parity/same.h — one small world, held against itself.
//
// What      Plays it in the town and in `simulate`, and fails where they differ, with the world in words.
// Units     Recipients.
// Promise   Nothing is tolerated: every day and lane has the same numbers.
// Errors    Test failures.
// Source    DESIGN.md §6.2.
// Not here  which worlds (parity_test.cpp, cases_test.cpp).
#pragma once

#include <gtest/gtest.h>

#include "play.h"

namespace mta::sim {

// What the town came to; the test has failed when `simulate` came to something else.
inline Tally comes_to_the_same(const SmallWorld& world) {
  Town town{world.seed};
  const PlayedInTown here = play_in_town(world, town);
  EXPECT_EQ(difference(world.days, here.tally, play_in_simulate(world, here.config)), "") << in_words(world);
  return here.tally;
}

}  // namespace mta::sim
