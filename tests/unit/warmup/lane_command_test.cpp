// The operator's hand on a lane: WARMUP.md §8.
#include "warmup/lane_command.h"

#include "road.h"

namespace warmup {
namespace {

TEST(Lane, WithoutAPlanItIsWarmButForBrakesAndPins) {
  Lane lane;
  EXPECT_EQ(lane.shown_state(true), "cold");
  EXPECT_EQ(lane.shown_state(false), "warm");
  lane.brake.state = Brake::cooling;
  EXPECT_EQ(lane.shown_state(false), "cooling");
  lane.operator_hold.state = OperatorHold::paused;
  EXPECT_EQ(lane.shown_state(false), "paused");
}

TEST(LaneCommand, PauseStopsEverythingUntilResumed) {
  Road road;
  road.hand(LaneCommand::pause);
  EXPECT_EQ(road.lane.shown_state(), "paused");
  const Hold hold = road.held("transactional");
  EXPECT_EQ(hold.why, Why::pinned);
  EXPECT_GT(hold.until, road.now);
  EXPECT_EQ(road.changes.back().reason, "paused by ann: a test");
  road.pass(48h);
  EXPECT_EQ(road.granted(), 0U);
  road.hand(LaneCommand::resume);
  EXPECT_GT(road.granted(), 0U);
}

TEST(LaneCommand, PauseForATimeEndsByItself) {
  Road road;
  road.hand(LaneCommand::pause, std::nullopt, 90min);
  EXPECT_EQ(road.changes.back().reason, "paused for 90 min by ann: a test");
  EXPECT_EQ(road.held().until, road.now + 90min);
  road.pass(90min);
  EXPECT_GT(road.granted(), 0U);
  EXPECT_NE(road.hand(LaneCommand::pause, std::nullopt, 0ms).refused, "");
}

TEST(LaneCommand, HoldKeepsTheStageAndLetsMailThrough) {
  Road road;
  road.hand(LaneCommand::hold, std::nullopt, 48h);
  EXPECT_EQ(road.changes.back().reason, "held for 2 d by ann: a test");
  EXPECT_GT(road.granted(), 0U);
  road.use_day(100);
  EXPECT_EQ(road.lane.stage, 0U);
}

TEST(LaneCommand, ResumeResetsTheBackOff) {
  Road road;
  road.rate_limit();
  road.probe_meets(Verdict::rate_limited);
  road.hand(LaneCommand::resume);
  EXPECT_EQ(road.lane.brake.state, Brake::none);
  EXPECT_EQ(road.lane.brake.connections, 0U);
  EXPECT_GT(road.granted("bulk", 50), 1U) << "no probe";
  road.rate_limit();
  EXPECT_EQ(road.lane.brake.cooling, 5min);
}

TEST(LaneCommand, ResumeLetsAllClassesGoOnForTheDayDespiteBounces) {
  Road road;
  road.answers(Verdict::unknown_user, 30);
  bounces_within_the_day(road.lane, road.rules, road.now);
  road.hand(LaneCommand::resume);
  EXPECT_GT(road.granted("bulk"), 0U);
  road.answers(Verdict::unknown_user, 30);
  EXPECT_TRUE(bounces_within_the_day(road.lane, road.rules, road.now).empty()) << "the operator has decided";
}

TEST(LaneCommand, ASetStageLeavesAHoldWithinTheDayAndItsReason) {
  Road road;
  road.answers(Verdict::unknown_user, 30);
  bounces_within_the_day(road.lane, road.rules, road.now);
  const std::string reason = road.lane.reason;
  EXPECT_FALSE(reason.empty());
  EXPECT_TRUE(road.hand(LaneCommand::set, 3).refused.empty());
  EXPECT_EQ(road.lane.shown_state(), "held");
  EXPECT_EQ(road.lane.reason, reason);
}

TEST(LaneCommand, ResumeOfALaneThatIsFreeIsRefused) {
  Road road;
  EXPECT_EQ(road.hand(LaneCommand::resume).refused, "the lane is neither paused, held nor cooling");
}

TEST(LaneCommand, SetMayRaiseTodaysCapAndNeverLowersWhatWasSent) {
  Road road;
  road.send(5);
  const auto done = road.hand(LaneCommand::set, 10);
  EXPECT_EQ(done.refused, "");
  EXPECT_EQ(road.lane.today.cap, 619U);
  EXPECT_EQ(road.lane.today.limit, 619U) << "it counts as a best day, so the surge guard lets it";
  EXPECT_EQ(road.lane.today.sent, 5U);
  EXPECT_EQ(road.changes.back().reason, "stage 0 → 10, cap 619, set by ann: a test");
  road.hand(LaneCommand::set, 0);
  EXPECT_EQ(road.lane.today.sent, 5U);
  EXPECT_EQ(road.lane.today.limit, 100U);
}

TEST(LaneCommand, SetLastsForTheDaysThatFollow) {
  Road road;
  road.hand(LaneCommand::set, 10);
  road.use_day(310);
  EXPECT_EQ(road.lane.stage, 11U);
  EXPECT_EQ(road.lane.today.limit, 743U);
}

TEST(LaneCommand, SetToTheLastStageIsWarm) {
  Road road(with_table({100, 120, 150}));
  road.hand(LaneCommand::set, 2);
  EXPECT_EQ(road.lane.phase, Phase::warm);
  EXPECT_EQ(road.lane.today.limit, 180U) << "1.2 · 150, which counts as its best day";
  road.hand(LaneCommand::set, 1);
  EXPECT_EQ(road.lane.phase, Phase::warming);
  EXPECT_EQ(road.lane.today.limit, 120U);
}

TEST(LaneCommand, SetBeyondTheLastStageOrWithoutAPlanIsRefused) {
  Road road(with_table({100, 120, 150}));
  EXPECT_EQ(road.hand(LaneCommand::set, 3).refused, "stage 3 is beyond the plan's last stage 2 (cap 150)");
  EXPECT_EQ(road.hand(LaneCommand::set).refused, "set: expected --stage N");
  road.no_plan();
  EXPECT_NE(road.hand(LaneCommand::set, 1).refused, "");
  EXPECT_EQ(road.lane.stage, 0U);
}

TEST(LaneCommand, SetEndsAnIdleSpell) {
  Road road;
  road.send(1);
  road.hand(LaneCommand::set, 10);
  road.pass_days(10);
  EXPECT_EQ(road.lane.stage, 10U) << "nine idle days: the first one delivered";
  road.pass_day();
  EXPECT_EQ(road.lane.stage, 9U);
  road.hand(LaneCommand::set, 10);
  road.pass_days(9);
  EXPECT_EQ(road.lane.stage, 10U);
}

TEST(Undo, OfAStepBackGivesTheStageBack) {
  Road road;
  for (int day = 0; day < 5; ++day) road.use_day(*road.lane.today.limit);
  road.block("m1", "a@example.com", true);
  road.pass_day();
  ASSERT_EQ(road.lane.stage, 3U);
  road.hand(LaneCommand::undo);
  EXPECT_EQ(road.lane.stage, 5U);
  EXPECT_EQ(road.lane.today.cap, 248U);
  EXPECT_EQ(road.changes.back().reason, "\"stepped_back\" undone by ann: a test");
  EXPECT_NE(road.hand(LaneCommand::undo).refused, "") << "once";
}

TEST(Undo, OfAPauseTakesTheStepBackWithIt) {
  Road road;
  for (int day = 0; day < 5; ++day) road.use_day(*road.lane.today.limit);
  road.block("m1", "a@example.com", true);
  road.hand(LaneCommand::undo);
  EXPECT_EQ(road.lane.brake.state, Brake::none);
  EXPECT_GT(road.granted("bulk", 50), 1U);
  EXPECT_EQ(road.lane.brake.pausing, 0ms) << "the next one is four hours again";
  road.use_day(*road.lane.today.limit);
  EXPECT_EQ(road.lane.stage, 6U);
}

TEST(Undo, OfASecondPauseLeavesTheFirst) {
  Road road;
  road.block("m1", "a@example.com", true);
  road.probe_meets(Verdict::reputation_block);
  ASSERT_EQ(road.lane.brake.pausing, 8h);
  road.hand(LaneCommand::undo);
  EXPECT_EQ(road.lane.brake.state, Brake::paused);
  EXPECT_EQ(road.lane.brake.pausing, 4h);
  EXPECT_TRUE(road.lane.today.blocked);
  EXPECT_EQ(road.granted(), 1U) << "its time is over: a probe";
}

TEST(Undo, OfACoolingIsAsIfItHadNotBeen) {
  Road road;
  road.pass(1h);
  for (int time = 0; time < 5; ++time) road.rate_limit(), road.lane.brake.state = Brake::none;
  ASSERT_EQ(road.lane.today.longest_cool, 80min);
  road.hand(LaneCommand::undo);
  EXPECT_EQ(road.lane.brake.cooling, 40min);
  EXPECT_EQ(road.lane.today.longest_cool, 40min);
  EXPECT_EQ(road.lane.brake.state, Brake::none);
}

TEST(Undo, OfADecayEndsTheIdleSpell) {
  Road road;
  for (int day = 0; day < 5; ++day) road.use_day(*road.lane.today.limit);
  road.pass_days(30);
  ASSERT_EQ(road.lane.phase, Phase::cold);
  road.hand(LaneCommand::undo);
  EXPECT_EQ(road.lane.phase, Phase::warming);
  const unsigned stage = road.lane.stage;
  EXPECT_EQ(road.lane.today.limit, road.lane.today.cap) << "the surge guard knows";
  road.pass_days(9);
  EXPECT_EQ(road.lane.stage, stage);
}

TEST(Undo, OfAStageThatWasWonTakesItBack) {
  Road road(with_table({100, 120, 150}));
  road.use_day(100);
  road.use_day(120);
  ASSERT_EQ(road.lane.phase, Phase::warm);
  road.hand(LaneCommand::undo);
  EXPECT_EQ(road.lane.phase, Phase::warming);
  EXPECT_EQ(road.lane.today.limit, 120U);
}

TEST(Undo, OfAHoldLetsTheLaneGoOn) {
  Road road;
  road.use_day(100);
  road.answers(Verdict::unknown_user, 10);
  road.answers(Verdict::delivered, 60);
  bounces_within_the_day(road.lane, road.rules, road.now);
  road.hand(LaneCommand::undo);
  EXPECT_GT(road.granted("bulk"), 0U);
  EXPECT_EQ(road.lane.reason, "");
  EXPECT_EQ(road.lane.shown_state(), "warming");
  road.use_day(60);
  ASSERT_EQ(road.lane.shown_state(), "held") << "its bounces still count at the day's end";
  road.hand(LaneCommand::undo);
  EXPECT_EQ(road.lane.shown_state(), "warming");
}

TEST(Undo, WithNothingToUndoIsRefused) {
  Road road;
  EXPECT_EQ(road.hand(LaneCommand::undo).refused, "there is no automatic change to undo");
  road.hand(LaneCommand::set, 3);
  EXPECT_NE(road.hand(LaneCommand::undo).refused, "") << "what an operator set is not automatic";
}

TEST(Acknowledge, SilencesUntilTheNextAlert) {
  Road road;
  road.block("m1", "a@example.com", true);
  EXPECT_FALSE(road.lane.acknowledged);
  EXPECT_TRUE(road.hand(LaneCommand::ack).changes.empty());
  EXPECT_TRUE(road.lane.acknowledged);
  road.probe_meets(Verdict::reputation_block);
  EXPECT_FALSE(road.lane.acknowledged);
}

}  // namespace
}  // namespace warmup
