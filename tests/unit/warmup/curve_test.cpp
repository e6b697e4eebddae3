// The caps of a plan, stage by stage: WARMUP.md §2.
#include "warmup/curve.h"

#include <gtest/gtest.h>

#include <numeric>

#include "road.h"
#include "warmup/presets.h"

namespace warmup {
namespace {

std::vector<Recipients> first(const Curve& curve, unsigned n) {
  std::vector<Recipients> caps;
  for (unsigned stage = 0; stage < n; ++stage) caps.push_back(curve.cap(stage));
  return caps;
}

PlanOptions preset(const std::string& name) {
  return with([&](PlanOptions& plan) {
    plan.preset = name;
    plan.target = preset_caps(name).back();
  });
}

TEST(Curve, AHundredGrowingByAFifthIsTheReferenceTable) {
  EXPECT_EQ(first(Curve(PlanOptions{}), 10), (std::vector<Recipients>{100, 120, 144, 172, 207, 248, 298, 358, 429, 515}));
  EXPECT_EQ(Curve(PlanOptions{}).cap(19), 3'194U);
  EXPECT_EQ(Curve(PlanOptions{}).cap(29), 19'781U);
}

TEST(Curve, BinaryFractionsDoNotCostARecipient) {
  const Curve curve(with([](PlanOptions& plan) { plan.start = 10, plan.growth = 1.1, plan.target = 1000; }));
  EXPECT_EQ(curve.cap(1), 11U);
  EXPECT_EQ(Curve(with([](PlanOptions& plan) { plan.growth = 1.15; })).cap(1), 115U);
}

TEST(Curve, TheLastStageIsTheFirstThatReachesTheTarget) {
  const Curve curve(with([](PlanOptions& plan) { plan.target = 150; }));
  EXPECT_EQ(first(curve, 5), (std::vector<Recipients>{100, 120, 144, 150, 150}));
  EXPECT_EQ(curve.last(), 3U);
  EXPECT_EQ(Curve(with([](PlanOptions& plan) { plan.target = 144; })).last(), 2U);
}

TEST(Curve, AStartAtTheTargetIsOneStage) {
  const Curve curve(with([](PlanOptions& plan) { plan.start = plan.target = 70; }));
  EXPECT_EQ(curve.last(), 0U);
  EXPECT_EQ(curve.cap(9), 70U);
  EXPECT_EQ(curve.step(0), 1.0);
}

TEST(Curve, ACapOfOneGrowsAtLast) {
  const Curve curve(with([](PlanOptions& plan) { plan.start = 1, plan.target = 3; }));
  EXPECT_EQ(first(curve, 7), (std::vector<Recipients>{1, 1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(curve.cap(curve.last()), 3U);
}

TEST(Curve, ATableIsTakenAsItIsUpToTheTarget) {
  const Curve curve(with_table({50, 100, 250, 500}));
  EXPECT_EQ(first(curve, 5), (std::vector<Recipients>{50, 100, 250, 500, 500}));
  PlanOptions low = with_table({50, 100, 250, 500});
  low.target = 200;
  EXPECT_EQ(first(Curve(low), 4), (std::vector<Recipients>{50, 100, 200, 200}));
  EXPECT_EQ(Curve(low).last(), 2U);
}

TEST(Curve, TheTotalOfASourceIsTheCurveTimesItsFactor) {
  EXPECT_EQ(first(Curve(PlanOptions{}, 5), 4), (std::vector<Recipients>{500, 600, 720, 860}));
  EXPECT_EQ(Curve(with([](PlanOptions& plan) { plan.start = 1, plan.target = 2; }), 0.5).cap(0), 1U) << "never nothing";
}

TEST(Curve, PresetsAreThePublishedTables) {
  const Curve sendgrid(preset("sendgrid"));
  EXPECT_EQ(first(sendgrid, 4), (std::vector<Recipients>{480, 672, 936, 1320}));
  EXPECT_EQ(sendgrid.last(), 41U);
  EXPECT_EQ(sendgrid.cap(41), 24U * 19'601'056U);
  const Curve sparkpost(preset("sparkpost"));
  EXPECT_EQ(first(sparkpost, 4), (std::vector<Recipients>{200, 500, 1000, 2000}));
  EXPECT_EQ(sparkpost.last(), 28U);
  EXPECT_EQ(sparkpost.cap(28), 10'000'000U);
  EXPECT_TRUE(preset_caps("nobody").empty());
}

TEST(Curve, SesGoesFromFiftyToFiftyThousandInFortyFiveDays) {
  const auto caps = preset_caps("ses");
  ASSERT_EQ(caps.size(), 45U);
  EXPECT_EQ(caps.front(), 50U);
  EXPECT_EQ(caps[22], 1'581U);  // floor(50 · √1000)
  EXPECT_EQ(caps.back(), 50'000U);
}

TEST(Curve, NoPresetEverFalls) {
  for (const std::string name : {"sendgrid", "sparkpost", "ses"}) {
    const auto caps = preset_caps(name);
    EXPECT_TRUE(std::is_sorted(caps.begin(), caps.end())) << name;
  }
}

TEST(Curve, TheHighestStageNotAboveACapIsFound) {
  const Curve curve(PlanOptions{});
  EXPECT_EQ(curve.highest_at_most(99), 0U);
  EXPECT_EQ(curve.highest_at_most(100), 0U);
  EXPECT_EQ(curve.highest_at_most(171), 2U);
  EXPECT_EQ(curve.highest_at_most(172), 3U);
  EXPECT_EQ(curve.highest_at_most(10'000'000), curve.last());
  EXPECT_EQ(Curve(with_table({10, 20, 20, 30})).highest_at_most(20), 2U);
}

TEST(Curve, MarksTellCurvesApartAndNothingElse) {
  const std::string mark = Curve(PlanOptions{}).mark();
  EXPECT_EQ(mark, Curve(with([](PlanOptions& plan) { plan.name = "other", plan.surge = 3, plan.use = 0.9; })).mark());
  EXPECT_NE(mark, Curve(with([](PlanOptions& plan) { plan.growth = 1.21; })).mark());
  EXPECT_NE(mark, Curve(PlanOptions{}, 5).mark());
  EXPECT_NE(Curve(with_table({10, 20, 30, 40})).mark(), Curve(with_table({10, 20, 31, 40})).mark());
}

TEST(Curve, TheBacklogsOfTheFactsDrainInTheDaysTheySay) {
  const Curve curve(PlanOptions{});
  const std::vector<std::pair<Recipients, unsigned>> facts{{1'000, 7}, {5'000, 14}, {10'000, 17}, {50'000, 26}, {100'000, 30}};
  for (const auto& [backlog, days] : facts) {
    Recipients gone = 0;
    unsigned day = 0;
    while (gone < backlog) gone += curve.cap(day++);
    EXPECT_EQ(day, days) << backlog;
  }
}

}  // namespace
}  // namespace warmup
