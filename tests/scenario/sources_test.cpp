// Two sources of one pool, of which one is held and one is busy: WARMUP.md §6.
#include <gtest/gtest.h>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

TEST(WarmupSources, WhoWaitsForABusyLaneIsNotAskedAgainByOneThatHoldsIt) {
  Town town{seed_from_env_or(41)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.delays[Stage::dot] = 60s;
  auto& out = town.mta({.sources = {"192.0.2.10", "192.0.2.11"}, .change = [](conf::Config& config) {
                          config.plans.at(0) = plan_of(1, 1.1, 10);
                          config.sources.at(0).plan = config.plans.at(0).name = "default";
                        }});
  out.submit(30, bulk_to("gmail.test"));  // ip-1 takes one and is held for the day, ip-2 has all its connections in use …
  town.pass(30s);
  out.submit(5, to("gmail.test"));  // … when another line comes that may use both
  town.pass(30min);
  EXPECT_EQ(gmail.accepted(), 35U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
