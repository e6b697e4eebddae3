// The way back after a rate limit as its provider has it: WARMUP.md §8, recovery by provider.
#include "road.h"

namespace warmup {
namespace {

// As Google tells it.
RateRecovery of_google() { return {10min, 1.0, 4h, Reopen::one_by_one, 5}; }

TEST(RateRecovery, SilenceOfTheSameLengthForAnHourThenItDoubles) {
  Road road;
  road.rules.recovery = of_google();
  const Instant began = road.now;
  road.rate_limit();
  EXPECT_EQ(road.lane.brake.cooling, 10min);
  while (road.lane.brake.until - began < 1h) {
    road.probe_meets(Verdict::rate_limited);
    EXPECT_EQ(road.lane.brake.cooling, 10min);
  }
  for (const Duration wanted : std::vector<Duration>{20min, 40min, 80min, 160min, 4h, 4h}) {
    road.probe_meets(Verdict::rate_limited);
    EXPECT_EQ(road.lane.brake.cooling, wanted);
  }
}

TEST(RateRecovery, AProbeThatIsTakenBetweenTwoRefusalsDoesNotBeginTheHourAnew) {
  Road road;
  road.rules.recovery = of_google();
  road.rate_limit();
  for (int time = 0; time < 6; ++time) {
    EXPECT_EQ(road.lane.brake.cooling, 10min);
    road.probe_meets(Verdict::delivered);
    road.rate_limit();
  }
  EXPECT_EQ(road.lane.brake.cooling, 20min) << "an hour after the first";
  road.probe_meets(Verdict::delivered);
  road.pass(2h);
  road.rate_limit();
  EXPECT_EQ(road.lane.brake.cooling, 10min) << "two hours without one forgave it";
  road.probe_meets(Verdict::rate_limited);
  EXPECT_EQ(road.lane.brake.cooling, 10min) << "and its hour has begun anew";
}

TEST(RateRecovery, OneConnectionMoreAfterEachTenRecipientsUpToTheProvidersOwn) {
  Road road;
  road.rules.recovery = of_google();
  road.rate_limit();
  road.probe_meets(Verdict::delivered);
  for (const unsigned connections : {1U, 2U, 3U, 4U, 0U}) {
    EXPECT_EQ(road.lane.brake.connections, connections);
    went_well(road.lane, road.rules.recovery, 10, false, road.now);
  }
  road.rules.recovery.connections = 1;
  road.rate_limit();
  road.probe_meets(Verdict::delivered);
  went_well(road.lane, road.rules.recovery, 10, false, road.now);
  EXPECT_EQ(road.lane.brake.connections, 0U) << "one is all that it has";
}

TEST(RateRecovery, TableOfFactorsAndBounds) {
  struct Case {
    RateRecovery recovery;
    std::vector<Duration> intervals;
  };
  const std::vector<Case> cases{
      {{}, {5min, 10min, 20min, 40min, 80min, 160min, 4h, 4h}},
      {{1min, 3.0, 1h}, {1min, 3min, 9min, 27min, 1h, 1h}},
      {{30min, 1.5, 2h}, {30min, 45min, 90min, 2h}},  // 30 · 1.5, then over an hour: doubling
      {{6h, 2.0, 6h}, {6h, 6h, 6h}},
  };
  for (const auto& [recovery, intervals] : cases) {
    Road road;
    road.rules.recovery = recovery;
    road.rate_limit();
    for (std::size_t n = 0; n < intervals.size(); ++n) {
      if (n > 0) road.probe_meets(Verdict::rate_limited);
      EXPECT_EQ(road.lane.brake.cooling, intervals[n]) << "refusal " << n;
    }
  }
}

TEST(RateRecovery, IsForgivenDownToItsOwnFirstInterval) {
  Road road;
  road.rules.recovery = {20min, 2.0, 4h};
  road.rate_limit();
  road.probe_meets(Verdict::rate_limited);
  road.probe_meets(Verdict::rate_limited);
  ASSERT_EQ(road.lane.brake.cooling, 80min);
  road.probe_meets(Verdict::delivered);
  road.pass(1h);
  road.rate_limit();
  EXPECT_EQ(road.lane.brake.cooling, 80min) << "half of it, doubled";
  road.probe_meets(Verdict::delivered);
  road.pass(9h);
  road.rate_limit();
  EXPECT_EQ(road.lane.brake.cooling, 20min);
}

}  // namespace
}  // namespace warmup
