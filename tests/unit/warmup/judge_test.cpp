// What the end of a day changes: WARMUP.md §7.
#include "warmup/judge.h"

#include "road.h"

namespace warmup {
namespace {

TEST(Advance, ADayThatUsedHalfItsCapEarnsAStage) {
  Road road;
  road.use_day(50);
  EXPECT_EQ(road.lane.stage, 1U);
  EXPECT_EQ(road.lane.today.cap, 120U);
  EXPECT_TRUE(road.said("advanced"));
}

TEST(Advance, OneLessEarnsNone) {
  Road road;
  road.use_day(49);
  EXPECT_EQ(road.lane.stage, 0U);
  EXPECT_EQ(road.lane.today.cap, 100U);
}

TEST(Advance, DeliveredCountsNotSent) {
  Road road;
  reserve(road.lane, "bulk", 80);
  road.finish(80, Verdict::temporary);
  road.pass_day();
  EXPECT_EQ(road.lane.stage, 0U);
}

TEST(Advance, HalfOfACapOfOneIsOne) {
  Road road(with([](PlanOptions& plan) { plan.start = 1, plan.growth = 3; }));
  road.pass_day();
  EXPECT_EQ(road.lane.stage, 0U);
  road.use_day(1);
  EXPECT_EQ(road.lane.stage, 1U);
}

TEST(Advance, ByCalendarOneDeliveryIsEnough) {
  Road road(with([](PlanOptions& plan) { plan.advance = Advance::calendar; }));
  road.use_day(1);
  EXPECT_EQ(road.lane.stage, 1U);
  road.pass_day();
  EXPECT_EQ(road.lane.stage, 1U) << "but none is not";
}

TEST(Advance, ToTheLastStageMakesALaneWarm) {
  Road road(with_table({100, 120, 150}));
  road.use_day(100);
  EXPECT_EQ(road.lane.phase, Phase::warming);
  road.use_day(120);
  EXPECT_EQ(road.lane.phase, Phase::warm);
  EXPECT_TRUE(road.said("warmed"));
  EXPECT_FALSE(road.lane.today.cap) << "no cap any more";
  EXPECT_EQ(road.lane.today.limit, 150U) << "the target, and from there on by `growth` of the best day";
}

TEST(Advance, ACurveOfOneStageIsWarmAfterItsFirstGoodDay) {
  Road road(with([](PlanOptions& plan) { plan.start = plan.target = 100; }));
  EXPECT_EQ(road.lane.today.limit, 100U);
  road.use_day(90);
  EXPECT_EQ(road.lane.phase, Phase::warm);
  EXPECT_EQ(road.lane.today.limit, 108U) << "1.2 · 90";
}

TEST(Advance, TheReferencePlanFollowsItsCurveWhileItIsUsed) {
  Road road;
  for (const Recipients cap : {100, 120, 144, 172, 207, 248, 298, 358, 429, 515}) {
    EXPECT_EQ(road.lane.today.limit, cap);
    EXPECT_EQ(road.send_all_day(1'000'000), cap) << "all of it, by the gate's own times";
    road.pass_day();
  }
}

TEST(Hold, ForHealthKeepsTheStageWithReasonAndReplies) {
  auto road = at_stage(4);
  road->answers(Verdict::rate_limited, 25);
  road->use_day(180);
  EXPECT_EQ(road->lane.stage, 4U);
  EXPECT_EQ(road->lane.shown_state(), "held");
  EXPECT_EQ(road->lane.reason, "rate limits 12.2% of 205, above 5%: stage 4 again");
  ASSERT_EQ(road->lane.evidence.size(), 1U);
  EXPECT_EQ(road->lane.evidence.front().text, "the remote's words");
  road->use_day(180);
  EXPECT_EQ(road->lane.stage, 5U) << "a good day later";
  EXPECT_EQ(road->lane.shown_state(), "warming");
  EXPECT_EQ(road->lane.reason, "");
}

TEST(Hold, ForMoreThanAQuarterOfTheDayUnderABrake) {
  auto road = at_stage(4);
  road->pass(1h);
  road->block("m1", "a@example.com", true);
  road->probe_meets(Verdict::delivered);
  EXPECT_NEAR(static_cast<double>(road->lane.today.braked.count()), 4 * 3600e3, 5e3);
  road->lane.today.blocked = false;  // only the time is looked at here
  road->use_day(200);
  EXPECT_EQ(road->lane.stage, 5U) << "four hours are a sixth";
  road->pass(1h);
  road->lane.brake.pausing = 4h;
  road->lane.brake.paused_at = road->now;
  road->block("m2", "a@example.com", true);
  road->probe_meets(Verdict::delivered);
  road->lane.today.blocked = false;
  road->use_day(200);
  EXPECT_EQ(road->lane.stage, 5U) << "eight are a third";
  EXPECT_EQ(road->lane.reason, "33% of the day cooling or paused: stage 5 again");
}

TEST(Hold, ForACoolingOfAnHour) {
  auto road = at_stage(2);
  for (int time = 0; time < 4; ++time) {
    road->pass(2h);
    road->rate_limit();
    EXPECT_EQ(road->lane.today.longest_cool, 5min * (1 << time));
    road->pass(road->lane.brake.until - road->now);
  }
  road->pass(1s);
  road->probe_meets(Verdict::rate_limited);
  EXPECT_EQ(road->lane.brake.cooling, 80min);
  road->probe_meets(Verdict::delivered);
  road->use_day(144);
  EXPECT_EQ(road->lane.stage, 2U);
  EXPECT_EQ(road->lane.reason, "cooled for an hour or longer: stage 2 again");
}

TEST(Hold, ABrakeThatRanOutWhileNobodyHadMailIsNotHeldAgainstTheLane) {
  auto road = at_stage(2);
  road->send(5);
  road->finish(70);
  road->rate_limit();
  road->pass_day();
  EXPECT_EQ(road->lane.history.back().braked, 5min);
  EXPECT_EQ(road->lane.stage, 3U);
}

TEST(StepBack, ForRateLimitsCostsTwoStagesAtTheDaysEnd) {
  auto road = at_stage(5);
  road->answers(Verdict::rate_limited, 80);
  EXPECT_EQ(road->lane.stage, 5U) << "not before";
  road->use_day(150);
  EXPECT_EQ(road->lane.stage, 3U);
  EXPECT_EQ(road->lane.today.cap, 172U);
  ASSERT_TRUE(road->said("stepped_back"));
  EXPECT_TRUE(road->changes.back().alert);
  EXPECT_EQ(road->changes.back().reason, "rate limits 34.8% of 230, above 20%: back to stage 3");
  EXPECT_FALSE(road->changes.back().evidence.empty());
}

TEST(StepBack, MakesTheNewCapTheBestDay) {
  auto road = at_stage(5, with([](PlanOptions& plan) { plan.surge = 1.1; }));
  road->block("m1", "a@example.com", true);
  road->probe_meets(Verdict::reputation_block);
  road->probe_meets(Verdict::delivered);
  road->use_day(248);
  ASSERT_EQ(road->lane.stage, 3U);
  EXPECT_EQ(best_day(road->lane, road->now), 172U) << "not the 248 of the day that stepped back";
  Lane undone = road->lane;
  const LaneWithRules of{&undone, &road->rules};
  ASSERT_EQ(apply(of, {LaneCommand::undo, {}, {}, "ann", ""}, road->now).refused, "");
  EXPECT_EQ(best_day(undone, road->now), 248U) << "undone with the rest";
  road->use_day(150);
  road->use_day(100);
  EXPECT_EQ(best_day(road->lane, road->now), 172U);
}

TEST(StepBack, ForBouncesAndComplaints) {
  auto bounces = at_stage(5);
  bounces->answers(Verdict::unknown_user, 50);
  bounces->use_day(150);
  EXPECT_EQ(bounces->lane.stage, 3U);
  auto complaints = at_stage(5);
  complained(complaints->lane, 8, complaints->now);
  complaints->use_day(240);
  EXPECT_EQ(complaints->lane.stage, 3U);
}

TEST(StepBack, ForABlockOncePerDayHoweverOftenItWasMet) {
  auto road = at_stage(5);
  road->block("m1", "a@example.com", true);
  road->probe_meets(Verdict::reputation_block);
  road->probe_meets(Verdict::delivered);
  road->pass_day();
  EXPECT_EQ(road->lane.stage, 3U);
  EXPECT_EQ(road->times_said("stepped_back"), 1U);
}

TEST(StepBack, OfAWarmLaneGoesToWarming) {
  auto road = at_stage(2, with_table({100, 120, 150}));
  ASSERT_EQ(road->lane.phase, Phase::warm);
  road->block("m1", "a@example.com", true);
  road->pass_day();
  EXPECT_EQ(road->lane.phase, Phase::warming);
  EXPECT_EQ(road->lane.stage, 0U);
  EXPECT_EQ(road->lane.today.cap, 100U);
}

TEST(StepBack, AtTheFirstStageStaysThere) {
  Road road;
  road.block("m1", "a@example.com", true);
  road.pass_day();
  EXPECT_EQ(road.lane.stage, 0U);
}

TEST(StepBack, OfZeroStagesIsAHold) {
  auto road = at_stage(3, with([](PlanOptions& plan) { plan.step_back = 0; }));
  road->block("m1", "a@example.com", true);
  road->pass_day();
  EXPECT_EQ(road->lane.stage, 3U);
  EXPECT_EQ(road->times_said("held"), 1U);
}

TEST(Order, APinComesBeforeAllAndOnlyWhileItIsThere) {
  auto road = at_stage(5);
  road->hand(LaneCommand::hold);
  road->block("m1", "a@example.com", true);
  road->use_day(250);
  EXPECT_EQ(road->lane.stage, 5U);
  EXPECT_EQ(road->lane.shown_state(), "held");
  road->hand(LaneCommand::hold, std::nullopt, 3h);
  road->use_day(250);
  EXPECT_EQ(road->lane.stage, 6U) << "it ended in the morning";
}

TEST(Order, APinThatEndsAfterMidnightWasThereAtTheDaysEnd) {
  auto road = at_stage(5);
  road->hand(LaneCommand::hold, std::nullopt, 26h);
  reserve(road->lane, "bulk", 250);
  road->finish(250);
  road->pass(30h);  // nobody looked in between
  EXPECT_EQ(road->lane.stage, 5U);
  EXPECT_EQ(road->lane.operator_hold.state, OperatorHold::none);
}

TEST(Order, StepBackComesBeforeHold) {
  auto road = at_stage(5);
  road->answers(Verdict::rate_limited, 100);
  road->pass_day();
  EXPECT_EQ(road->lane.stage, 3U);
  EXPECT_FALSE(road->lane.stage_kept);
}

TEST(Idle, AWeeklySenderCanWarmUp) {
  Road road;
  for (unsigned week = 0; week < 8; ++week) {
    road.use_day(*road.lane.today.limit);
    road.pass_days(6);
    EXPECT_EQ(road.lane.stage, week + 1);
  }
}

TEST(Idle, AfterEightDaysAStageIsLostEveryTwo) {
  auto road = at_stage(10);
  road->pass_days(8);
  EXPECT_EQ(road->lane.stage, 10U);
  road->pass_days(1);
  EXPECT_EQ(road->lane.stage, 10U);
  road->pass_days(1);
  EXPECT_EQ(road->lane.stage, 9U);
  road->pass_days(2);
  EXPECT_EQ(road->lane.stage, 8U);
  EXPECT_EQ(road->lane.reason, "nothing delivered for 12 days: back to stage 8");
}

TEST(Idle, AfterThirtyDaysALaneIsCold) {
  auto road = at_stage(29);
  road->pass_days(29);
  EXPECT_EQ(road->lane.stage, 19U) << "(28 − 8) / 2";
  road->pass_days(1);
  EXPECT_EQ(road->lane.phase, Phase::cold);
  EXPECT_EQ(road->lane.today.cap, 100U);
  road->forget();
  road->pass_days(20);
  EXPECT_TRUE(road->changes.empty()) << "said once";
}

TEST(Idle, AWarmLaneDecaysToWarming) {
  auto road = at_stage(2, with_table({100, 120, 150}));
  road->pass_days(10);
  EXPECT_EQ(road->lane.phase, Phase::warming);
  EXPECT_EQ(road->lane.stage, 1U);
}

TEST(Idle, OneDeliveryEndsIt) {
  auto road = at_stage(10);
  road->pass_days(10);
  road->use_day(1);
  EXPECT_EQ(road->lane.idle.lasted, 0ms);
  road->pass_days(9);
  EXPECT_EQ(road->lane.stage, 9U);
}

TEST(Idle, NothingMoreIsSaidAtTheFirstStage) {
  auto road = at_stage(1);
  road->pass_days(20);
  EXPECT_EQ(road->times_said("decayed"), 1U);
}

TEST(Idle, ReplacesTheCalendarsStage) {
  auto road = at_stage(5, with([](PlanOptions& plan) { plan.advance = Advance::calendar; }));
  road->pass_days(10);
  EXPECT_EQ(road->lane.stage, 4U);
}

TEST(Overall, AdvancesWithoutHealth) {
  Road road;
  road.rules.overall = true;
  road.answers(Verdict::rate_limited, 80);
  road.use_day(60);
  EXPECT_EQ(road.lane.stage, 1U);
}

TEST(NoPlan, NothingIsJudged) {
  Road road;
  road.no_plan();
  road.answers(Verdict::unknown_user, 50);
  road.use_day(500);
  EXPECT_TRUE(road.changes.empty());
  EXPECT_FALSE(road.lane.today.limit);
}

}  // namespace
}  // namespace warmup
