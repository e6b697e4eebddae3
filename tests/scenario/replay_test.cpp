// One seed, one history.
#include <gtest/gtest.h>

#include "tests/sim/town.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

std::uint64_t play(std::uint64_t seed) {
  Town town{seed};
  auto& gmail = town.receiver("gmail.test");
  auto& grey = town.receiver("grey.test");
  town.receiver("sender.test");
  gmail.manners.hourly = 30;
  gmail.manners.unknown = {"user7@gmail.test"};
  grey.manners.greylist = 5min;
  town.world().net.everywhere().jitter = 40ms;
  town.world().net.everywhere().short_reads = true;
  auto& out = town.mta({.sources = {"192.0.2.10", "192.0.2.11"}});
  out.submit(60, to("gmail.test"));
  out.submit(20, to("grey.test"));
  town.pass(7s);
  out.crash_and_restart();
  town.pass(5h);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
  return town.hash();
}

TEST(Replay, TheSameSeedTwiceGivesTheSameHistoryAndAnotherSeedAnother) {
  const std::uint64_t seed = seed_from_env_or(42);
  const std::uint64_t history = play(seed);
  EXPECT_EQ(play(seed), history);
  EXPECT_NE(play(seed + 1), history);
}

}  // namespace
}  // namespace mta::sim
