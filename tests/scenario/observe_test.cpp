// Plans that only watch: WARMUP.md §10.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

warmup::PlanOptions watching(std::uint64_t start) {
  auto plan = at_once(start);
  plan.enforce = false;
  return plan;
}

TEST(WarmupObserve, CountsWhoLeftThoughThePlanWouldHaveHeldHim) {
  Town town{seed_from_env_or(61)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.delays[Stage::dot] = 2s;
  auto& out = town.mta({.plan = watching(50), .change = no_reserves});
  out.submit(200, bulk_to("gmail.test"));
  town.pass(1h);
  ASSERT_EQ(gmail.accepted(), 200U);
  const Evidence seen = look_into(out);
  const auto *lane = lane_of(seen, "192.0.2.10", "other:gmail.test"), *total = lane_of(seen, "192.0.2.10", "other:");
  ASSERT_TRUE(lane != nullptr && total != nullptr);
  EXPECT_EQ(lane->record.today.would_hold, 150U) << town.story();
  EXPECT_EQ(total->record.today.would_hold, 0U) << "its cap is 250";
}

TEST(WarmupObserve, OfSeveralLanesOnlyTheOneThatCarriesCounts) {
  Town town{seed_from_env_or(62)};
  town.receiver("gmail.test").manners.delays[Stage::dot] = 2s;
  auto& out = town.mta({.sources = {"192.0.2.10", "192.0.2.11"}, .plan = watching(20), .change = no_reserves});
  out.submit(200, bulk_to("gmail.test"));
  town.pass(1h);
  const Evidence seen = look_into(out);
  std::uint64_t sent = 0;
  for (const char* address : {"192.0.2.10", "192.0.2.11"}) {
    const auto* lane = lane_of(seen, address, "other:gmail.test");
    ASSERT_NE(lane, nullptr);
    const auto& day = lane->record.today;
    sent += day.sent;
    const auto beyond = day.sent - std::min<std::uint64_t>(day.sent, 20);
    EXPECT_EQ(day.would_hold, beyond) << address << town.story();
  }
  EXPECT_EQ(sent, 200U);
}

TEST(WarmupObserve, SaysSoInWhatBefallsTheLane) {
  Town town{seed_from_env_or(63)};
  town.receiver("gmail.test");
  auto& out = town.mta({.plan = watching(50), .change = no_reserves});
  out.submit(60, bulk_to("gmail.test"));
  town.pass(25h);
  const Evidence seen = look_into(out);
  const auto advanced = std::find_if(seen.events.begin(), seen.events.end(),
                                     [](const EventSeen& each) { return each.type == "lane" && each.change == "advanced"; });
  ASSERT_NE(advanced, seen.events.end()) << town.story();
  EXPECT_THAT(advanced->text, HasSubstr("\"observed\":true"));
}

}  // namespace
}  // namespace mta::sim
