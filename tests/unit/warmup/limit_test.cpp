// What a day may send: the surge guard, and warm lanes. WARMUP.md §2.
#include "road.h"

namespace warmup {
namespace {

TEST(Surge, LimitsADayToTwiceTheBestOfThirtyDays) {
  Road road;
  road.use_day(50);
  EXPECT_EQ(road.lane.today.cap, 120U);
  EXPECT_EQ(road.lane.today.limit, 100U) << "2 · 50";
  EXPECT_TRUE(road.lane.today.surged);
  road.lane.today.sent = 100;
  EXPECT_EQ(road.held("transactional").why, Why::surge);
}

TEST(Surge, ADayWhoseLimitWasBelowTheCapEarnsAStageAllTheSame) {
  Road road;
  road.use_day(50);
  EXPECT_TRUE(road.lane.today.surged);
  road.use_day(60);
  EXPECT_EQ(road.lane.stage, 2U) << "60 is half of the cap 120";
  EXPECT_EQ(road.lane.today.limit, 120U) << "2 · 60 is below the cap 144";
}

TEST(Warm, GrowsByTheGrowthOfItsBestDay) {
  Road road(with([](PlanOptions& plan) { plan.target = 120; }));
  road.use_day(100);
  ASSERT_EQ(road.lane.phase, Phase::warm);
  EXPECT_EQ(road.lane.today.limit, 120U) << "1.2 · 100";
  for (const Recipients limit : {144, 172, 206}) {
    road.use_day(*road.lane.today.limit);
    EXPECT_EQ(road.lane.today.limit, limit);
    EXPECT_FALSE(road.lane.today.cap);
  }
}

TEST(Warm, NeverSendsMoreThanItsMax) {
  Road road(with([](PlanOptions& plan) { plan.target = 120, plan.max = 150; }));
  road.use_day(100);
  road.use_day(120);
  EXPECT_EQ(road.lane.today.limit, 144U);
  road.use_day(144);
  EXPECT_EQ(road.lane.today.limit, 150U);
  road.use_day(150);
  EXPECT_EQ(road.lane.today.limit, 150U);
}

TEST(Warm, MayGoBackToItsTargetAtOnceButNotFromALittle) {
  Road road(with_table({10, 120}));
  road.use_day(10);
  ASSERT_EQ(road.lane.phase, Phase::warm);
  road.use_day(70);
  for (int day = 0; day < 30; ++day) road.use_day(1);
  EXPECT_EQ(road.lane.today.limit, 120U) << "70 is among the days of a month";
  road.use_day(1);
  EXPECT_EQ(road.lane.today.limit, 12U) << "the best day of 30 delivered 1: k = 12";
  EXPECT_TRUE(road.lane.today.surged);
}

TEST(Warm, ATotalHasOnlyItsMax) {
  for (const Recipients most : {0U, 200U}) {
    Road road(with([&](PlanOptions& plan) { plan.target = 120, plan.max = most; }));
    road.rules.overall = true;
    road.use_day(100);
    ASSERT_EQ(road.lane.phase, Phase::warm);
    EXPECT_EQ(road.lane.today.limit, most == 0 ? std::nullopt : std::optional<Recipients>(200));
  }
}

TEST(Surge, NeverGoesBelowTheStart) {
  Road road;
  road.use_day(1);
  EXPECT_EQ(road.lane.today.limit, 100U);
}

TEST(Surge, LetsACurveStepThatIsSteeperThanItself) {
  Road road(with_table({50, 500, 1000, 2000}));
  road.use_day(50);
  EXPECT_EQ(road.lane.today.limit, 500U) << "k = 500 / 50";
}

TEST(Surge, ForgetsABestDayAfterThirtyDays) {
  auto road = at_stage(3, with([](PlanOptions& plan) { plan.idle_grace = 24h * 300, plan.cold_after = 24h * 300; }));
  const Instant last = road->now;
  road->pass(29 * 24h);
  EXPECT_EQ(best_day(road->lane, road->now), 144U);
  EXPECT_EQ(road->lane.today.limit, 172U);
  road->pass(2 * 24h);
  EXPECT_GT(road->now - last, 30 * 24h);
  EXPECT_EQ(best_day(road->lane, road->now), 0U);
  EXPECT_EQ(road->lane.today.limit, 100U);
}

TEST(Surge, OfZeroIsOff) {
  Road road(with([](PlanOptions& plan) { plan.surge = 0; }));
  road.use_day(50);
  EXPECT_EQ(road.lane.today.limit, 120U);
  Road warm(with([](PlanOptions& plan) { plan.surge = 0, plan.target = 120; }));
  warm.use_day(100);
  EXPECT_EQ(warm.lane.phase, Phase::warm);
  for (int day = 0; day < 40; ++day) warm.use_day(1);
  EXPECT_EQ(warm.lane.today.limit, 120U) << "its target, whatever it sent of late";
}

TEST(Surge, DoesNotGuardASourcesTotal) {
  Road road;
  road.rules.overall = true;
  road.use_day(50);
  EXPECT_EQ(road.lane.today.limit, 120U);
}

}  // namespace
}  // namespace warmup
