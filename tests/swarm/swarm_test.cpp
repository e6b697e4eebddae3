// Many towns, each with its own misfortunes; the promises of DESIGN.md §7 hold in all of them.
#include "fault_plan.h"
#include "seeds.h"

namespace mta::sim {
namespace {

TEST(Swarm, ThePromisesHoldInEveryTown) { promises_hold_in_all_towns<FaultPlan>(150); }

TEST(Swarm, ATownPlayedTwiceHasOneHistory) {
  const auto history = [](std::uint64_t seed) {
    FaultPlan plan(seed);
    plan.play();
    return plan.town().hash();
  };
  for (const std::uint64_t seed : {3U, 17U, 99U}) EXPECT_EQ(history(seed), history(seed)) << "seed " << seed;
}

}  // namespace
}  // namespace mta::sim
