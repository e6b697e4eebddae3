// Plans that are changed, taken away, watched and enforced: WARMUP.md §2 (curve change), §10 (observe mode).
#include "road.h"

namespace warmup {
namespace {

PlanOptions watched() {
  return with([](PlanOptions& plan) { plan.enforce = false; });
}

PlanOptions of(Recipients start, double growth, Recipients target) {
  return with([&](PlanOptions& plan) { plan.start = start, plan.growth = growth, plan.target = target; });
}

TEST(CurveChange, FindsTheHighestStageNotAboveTheOldCap) {
  Road road;
  road.use_day(100);
  road.use_day(120);
  ASSERT_EQ(road.lane.today.cap, 144U);
  road.follow(of(50, 1.5, 50'000));  // 50 75 112 168
  road.advance_to();
  EXPECT_EQ(road.lane.stage, 2U);
  EXPECT_EQ(road.lane.today.cap, 112U);
  ASSERT_TRUE(road.said("set"));
  EXPECT_EQ(road.changes.back().reason, "the curve was changed: stage 2 → 2");
}

TEST(CurveChange, NeverRaisesTodaysCap) {
  Road road;
  road.follow(of(500, 1.5, 50'000));
  road.advance_to();
  EXPECT_EQ(road.lane.today.limit, 100U);
  EXPECT_EQ(road.lane.today.cap, 100U);
  road.use_day(100);
  EXPECT_EQ(road.lane.today.limit, 500U) << "tomorrow's does: it is the first the operator asks for";
}

TEST(CurveChange, KeepsALimitThatTheSurgeGuardHadLowered) {
  Road road;
  road.use_day(50);
  ASSERT_EQ(road.lane.today.limit, 100U);
  road.follow(of(110, 1.2, 50'000));
  road.advance_to();
  EXPECT_EQ(road.lane.today.cap, 110U);
  EXPECT_EQ(road.lane.today.limit, 100U);
  EXPECT_TRUE(road.lane.today.surged);
}

TEST(CurveChange, ATargetBelowTodaysCapMakesTheLaneWarm) {
  Road road;
  for (int day = 0; day < 5; ++day) road.use_day(*road.lane.today.limit);
  ASSERT_EQ(road.lane.today.limit, 248U);
  road.follow(of(100, 1.2, 150));
  road.advance_to();
  EXPECT_EQ(road.lane.phase, Phase::warm);
  EXPECT_LE(road.lane.today.limit, 248U);
}

TEST(CurveChange, ARaisedTargetMakesAWarmLaneGoOnFromItsOldTarget) {
  Road road(of(100, 1.2, 150));
  for (int day = 0; day < 4; ++day) road.use_day(*road.lane.today.limit);
  ASSERT_EQ(road.lane.phase, Phase::warm);
  road.use_day(20);  // what it sent today is no measure of where it stands
  road.follow(of(100, 1.2, 1'000));
  road.advance_to();
  EXPECT_EQ(road.lane.phase, Phase::warming);
  EXPECT_EQ(road.lane.stage, 2U) << "144 is the highest not above 150";
}

TEST(CurveChange, OfAColdLaneLeavesItCold) {
  Road road;
  road.follow(of(70, 1.2, 70));
  road.advance_to();
  EXPECT_EQ(road.lane.phase, Phase::cold);
  EXPECT_EQ(road.lane.today.limit, 70U);
}

TEST(CurveChange, OfOtherKeysIsNone) {
  Road road;
  road.use_day(100);
  road.forget();
  road.follow(with([](PlanOptions& plan) { plan.name = "other", plan.use = 0.9, plan.surge = 3; }));
  road.advance_to();
  EXPECT_TRUE(road.changes.empty());
  EXPECT_EQ(road.lane.stage, 1U);
  EXPECT_EQ(road.lane.plan, "other");
}

TEST(CurveChange, LeavesNothingToUndo) {
  Road road;
  road.use_day(100);
  road.follow(of(50, 1.5, 50'000));
  EXPECT_NE(road.hand(LaneCommand::undo).refused, "") << "stages of another curve mean something else";
}

TEST(NoPlan, IsNoCapAndNoGuardAndGivenBackIsAdopted) {
  Road road;
  for (int day = 0; day < 4; ++day) road.use_day(*road.lane.today.limit);
  ASSERT_EQ(road.lane.stage, 4U);
  road.no_plan();
  road.advance_to();
  EXPECT_FALSE(road.lane.today.limit);
  EXPECT_EQ(road.granted("bulk", 100'000), 100'000U);
  road.follow(PlanOptions{});
  road.advance_to();
  EXPECT_EQ(road.lane.stage, 1U) << "the median of 100 120 144 172 is 132";
  EXPECT_EQ(road.lane.today.limit, 120U);
}

TEST(Observe, RecordsWhatIsReallySentAndAdvancesOnTheCap) {
  Road road(watched());
  road.use_day(5'000);
  EXPECT_EQ(road.lane.history.back().sent, 5'000U);
  EXPECT_EQ(road.lane.stage, 1U);
  EXPECT_TRUE(road.lane.observed);
  road.use_day(59);
  EXPECT_EQ(road.lane.stage, 1U) << "half of 120 were not delivered";
  road.use_day(60);
  EXPECT_EQ(road.lane.stage, 2U);
}

TEST(Observe, ShowsHoldsAndStepsBackAsTheyWouldBe) {
  Road road(watched());
  for (int day = 0; day < 5; ++day) road.use_day(1'000);
  ASSERT_EQ(road.lane.stage, 5U);
  road.answers(Verdict::rate_limited, 400);
  road.use_day(600);
  EXPECT_EQ(road.lane.stage, 3U);
}

TEST(Observe, DoesNotStopClassesForBouncesWithinTheDay) {
  Road road(watched());
  road.answers(Verdict::unknown_user, 50);
  EXPECT_TRUE(bounces_within_the_day(road.lane, road.rules, road.now).empty());
  EXPECT_FALSE(road.lane.today.bulk_stopped);
}

TEST(Enforcing, SetsTheStageByTheMedianOfSevenSendingDays) {
  Road road(watched());
  for (const Recipients day : {9'000, 500, 300, 400, 0, 350, 420, 380, 10}) {
    if (day == 0) road.pass_day();
    if (day > 0) road.use_day(day);
  }
  road.forget();
  road.follow(PlanOptions{});
  road.advance_to();
  EXPECT_EQ(road.lane.stage, 7U) << "of 500 300 400 350 420 380 10 the median is 380, cap(7) = 358";
  EXPECT_EQ(road.lane.today.cap, 358U);
  EXPECT_EQ(road.lane.phase, Phase::warming);
  EXPECT_TRUE(road.said("set"));
  EXPECT_FALSE(road.lane.observed);
}

TEST(Enforcing, SeedsTheSurgeGuardWithThatCap) {
  Road road(watched());
  for (int day = 0; day < 3; ++day) road.use_day(400);
  Day only = road.lane.today;
  only.date = "2026-11-01", only.started = utc("2026-11-01 00:00"), only.ends = utc("2026-11-02 00:00"), only.delivered = 400;
  road.lane.history = {};  // nothing but the seed
  road.lane.history.push_back(only);
  road.follow(PlanOptions{});
  road.advance_to();
  EXPECT_EQ(road.lane.best.seed, 358U);
  EXPECT_FALSE(road.lane.today.surged);
}

TEST(Enforcing, ALaneBeyondTheTargetIsWarm) {
  Road road(watched());
  for (int day = 0; day < 7; ++day) road.use_day(80'000);
  road.follow(PlanOptions{});
  road.advance_to();
  EXPECT_EQ(road.lane.phase, Phase::warm);
  EXPECT_FALSE(road.lane.today.cap);
  EXPECT_EQ(road.lane.today.limit, 96'000U);
}

TEST(Enforcing, ALaneThatNeverSentStartsCold) {
  Road road(watched());
  road.pass_days(3);
  road.follow(PlanOptions{});
  road.advance_to();
  EXPECT_EQ(road.lane.phase, Phase::cold);
  EXPECT_EQ(road.lane.today.limit, 100U);
  EXPECT_TRUE(road.changes.empty());
}

TEST(Enforcing, BackToWatchingKeepsTheStage) {
  Road road;
  road.use_day(100);
  road.follow(watched());
  road.advance_to();
  EXPECT_EQ(road.lane.stage, 1U);
  EXPECT_TRUE(road.lane.observed);
  EXPECT_EQ(road.granted("bulk", 10'000), 10'000U);
}

}  // namespace
}  // namespace warmup
