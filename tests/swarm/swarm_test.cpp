// Many towns, each with its own misfortunes; the promises of design §5 hold in all of them.
//
// SWARM_SEEDS=n plays n towns instead of the usual number; SIM_SEED=n plays town n only, as it was played when it failed.
#include <gtest/gtest.h>

#include <cstdlib>

#include "mischief.h"

namespace mta::sim {
namespace {

constexpr std::uint64_t usual_towns = 150, most_failures = 3;

std::uint64_t number_from_env(const char* name, std::uint64_t usual) {
  const char* wish = std::getenv(name);
  return wish == nullptr || *wish == '\0' ? usual : std::strtoull(wish, nullptr, 10);
}

bool promises_hold(std::uint64_t seed) {
  Mischief mischief(seed);
  std::vector<std::string> broken;
  try {
    broken = mischief.play();
  } catch (const std::exception& thrown) {
    broken.push_back(thrown.what());
  }
  if (broken.empty()) return true;
  std::string text;
  for (std::size_t i = 0; i < broken.size() && i < 10; ++i) text += broken[i] + "\n";
  ADD_FAILURE() << text << mischief.town().story();
  return false;
}

TEST(Swarm, ThePromisesHoldInEveryTown) {
  const bool one = std::getenv("SIM_SEED") != nullptr;
  const std::uint64_t first = one ? seed_from_env_or(1) : 1, count = one ? 1 : number_from_env("SWARM_SEEDS", usual_towns);
  std::uint64_t failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < most_failures; ++seed)
    if (!promises_hold(seed)) ++failures;
}

TEST(Swarm, ATownPlayedTwiceHasOneHistory) {
  const auto history = [](std::uint64_t seed) {
    Mischief mischief(seed);
    mischief.play();
    return mischief.town().hash();
  };
  for (const std::uint64_t seed : {3U, 17U, 99U}) EXPECT_EQ(history(seed), history(seed)) << "seed " << seed;
}

}  // namespace
}  // namespace mta::sim
