// Cooling, pausing, probes: WARMUP.md §8, and bounces within the day (§7).
#include "warmup/brake.h"

#include "road.h"

namespace warmup {
namespace {

TEST(Cooling, BeginsWithFiveMinutesAndOnlyHoldsThatLane) {
  Road road;
  road.rate_limit();
  EXPECT_EQ(road.lane.brake.state, Brake::cooling);
  EXPECT_EQ(road.lane.shown_state(), "cooling");
  const Hold hold = road.held("transactional");
  EXPECT_EQ(hold.why, Why::cooling);
  EXPECT_EQ(hold.until, road.now + 5min);
  EXPECT_EQ(road.lane.reason, "rate limited: cooling for 5 min");
  EXPECT_EQ(road.lane.evidence.front().text, "421 4.7.28 unusual rate");
  EXPECT_TRUE(road.said("cooled"));
}

TEST(Cooling, DoublesToFourHours) {
  Road road;
  road.rate_limit();
  for (const Duration wanted : std::vector<Duration>{10min, 20min, 40min, 80min, 160min, 4h, 4h}) {
    road.probe_meets(Verdict::rate_limited);
    EXPECT_EQ(road.lane.brake.cooling, wanted);
    EXPECT_EQ(road.lane.brake.until, road.now + wanted);
  }
}

TEST(Cooling, IsNotDeepenedByConversationsThatBeganBefore) {
  Road road;
  const Refusal older = road.refusal();
  road.rate_limit();
  EXPECT_TRUE(rate_limited(road.lane, road.rules.recovery, older, road.now + 1s).empty());
  EXPECT_EQ(road.lane.brake.cooling, 5min);
  road.probe_meets(Verdict::delivered);
  EXPECT_TRUE(rate_limited(road.lane, road.rules.recovery, older, road.now).empty()) << "nor when it comes very late";
  EXPECT_EQ(road.lane.brake.state, Brake::none);
}

TEST(Cooling, NoConversationThatBeganBeforeEndsIt) {
  Road road;
  road.rate_limit();
  EXPECT_TRUE(went_well(road.lane, road.rules.recovery, 5, false, road.now).empty());
  EXPECT_EQ(road.lane.brake.state, Brake::cooling);
}

TEST(Cooling, OutlivesTheDay) {
  Road road;
  for (int time = 0; time < 7; ++time) {
    if (time == 0) road.rate_limit();
    if (time > 0) road.probe_meets(Verdict::rate_limited);
  }
  road.pass(road.lane.today.ends - road.now - 1h);
  road.probe_meets(Verdict::rate_limited);
  road.pass_day();
  EXPECT_EQ(road.lane.brake.state, Brake::cooling);
  EXPECT_EQ(road.held().until, road.lane.brake.until);
}

TEST(Cooling, StartsAnewAfterADayWithout) {
  Road road;
  road.rate_limit();
  road.probe_meets(Verdict::rate_limited);
  road.probe_meets(Verdict::delivered);
  road.pass(24h);
  road.rate_limit();
  EXPECT_EQ(road.lane.brake.cooling, 5min);
}

TEST(Probe, IsOneConnectionWithOneMessage) {
  Road road;
  road.rate_limit();
  road.pass(5min);
  const Answer answer = road.ask("bulk", 50);
  EXPECT_TRUE(std::get<Permit>(answer).probe);
  EXPECT_EQ(std::get<Permit>(answer).recipients, 1U);
  probe_leaves(road.lane);
  const Hold hold = road.held();
  EXPECT_EQ(hold.why, Why::cooling);
  EXPECT_EQ(hold.until, road.now + 1min);
  EXPECT_TRUE(hold.settles);
}

TEST(Probe, WaitsForTheConversationsThatAreStillOpen) {
  Road road;
  road.take(3);
  road.rate_limit();
  road.pass(5min);
  EXPECT_TRUE(road.held().settles);
  refund(road.lane, "bulk", 3);
  EXPECT_EQ(road.granted(), 1U);
}

TEST(Probe, StillNeedsAPlaceUnderTheCap) {
  Road road;
  road.rate_limit();
  road.pass(5min);
  road.lane.today.sent = 100;
  EXPECT_EQ(road.held().why, Why::cap);
}

TEST(Probe, ThatGoesWellOpensOneConnectionThenTwoThenFourThenAll) {
  Road road;
  road.rate_limit();
  road.probe_meets(Verdict::rate_limited);
  road.probe_meets(Verdict::rate_limited);
  EXPECT_EQ(road.lane.brake.cooling, 20min);
  road.probe_meets(Verdict::delivered);
  EXPECT_TRUE(road.said("reopened"));
  EXPECT_EQ(road.lane.reason, "");
  for (const unsigned connections : {1U, 2U, 4U, 0U}) {
    EXPECT_EQ(road.lane.brake.connections, connections);
    went_well(road.lane, road.rules.recovery, 9, false, road.now);
    EXPECT_EQ(road.lane.brake.connections, connections) << "ten recipients a step";
    went_well(road.lane, road.rules.recovery, 1, false, road.now);
  }
}

// A refusal that comes soon after the way back deepens what the one before it began, however many were taken in between.
TEST(Probe, AProviderThatTakesTheProbeAndRefusesTheNextIsTakenSeriouslyEachTime) {
  Road road;
  road.rate_limit();
  for (const Duration wanted : std::vector<Duration>{10min, 20min, 40min, 80min, 160min, 4h, 4h}) {
    road.probe_meets(Verdict::delivered);
    went_well(road.lane, road.rules.recovery, 30, false, road.now);
    road.rate_limit();
    EXPECT_EQ(road.lane.brake.cooling, wanted);
  }
}

TEST(Probe, EachHourWithoutARefusalHalvesTheInterval) {
  const std::vector<std::pair<Duration, Duration>> cases{{0min, 80min}, {59min, 80min}, {60min, 40min}, {2h, 20min},
                                                         {3h, 10min},   {4h, 5min},     {9h, 5min},     {23h, 5min}};
  for (const auto& [well, wanted] : cases) {
    Road road;
    road.rate_limit();
    for (int time = 0; time < 3; ++time) road.probe_meets(Verdict::rate_limited);
    ASSERT_EQ(road.lane.brake.cooling, 40min);
    road.probe_meets(Verdict::delivered);
    road.pass(well);
    road.rate_limit();
    EXPECT_EQ(road.lane.brake.cooling, wanted) << "after " << well / 1min << " minutes";
  }
}

TEST(Probe, TimeUnderABrakeForgivesNothing) {
  Road road;
  road.rate_limit();
  for (int time = 0; time < 5; ++time) road.probe_meets(Verdict::rate_limited);
  ASSERT_EQ(road.lane.brake.cooling, 160min);
  road.pass(9h);  // nobody had mail meanwhile
  road.probe_meets(Verdict::rate_limited);
  EXPECT_EQ(road.lane.brake.cooling, 4h);
}

TEST(Probe, ARateLimitOnTheWayBackCoolsAgain) {
  Road road;
  road.rate_limit();
  road.probe_meets(Verdict::rate_limited);
  road.probe_meets(Verdict::rate_limited);
  road.probe_meets(Verdict::delivered);
  went_well(road.lane, road.rules.recovery, 12, false, road.now);
  road.rate_limit();
  EXPECT_EQ(road.lane.brake.cooling, 40min);
  EXPECT_EQ(road.lane.brake.connections, 1U);
}

TEST(Probe, ThatFoundNobodyIsRepeatedInAMinute) {
  Road road;
  road.rate_limit();
  road.probe_meets(Verdict::connection_failed);
  EXPECT_EQ(road.lane.brake.state, Brake::cooling);
  EXPECT_EQ(road.lane.brake.cooling, 5min) << "nothing was said";
  EXPECT_EQ(road.held().until, road.now + 1min);
  road.probe_meets(Verdict::delivered);
  EXPECT_EQ(road.lane.brake.state, Brake::none);
}

TEST(Block, AtBannerEhloOrMailIsConfirmed) {
  Road road;
  road.block("m1", "a@example.com", true);
  EXPECT_EQ(road.lane.brake.state, Brake::paused);
  EXPECT_EQ(road.held().until, road.now + 4h);
  EXPECT_EQ(road.lane.reason, "blocked for its reputation: paused for 4 h");
  EXPECT_TRUE(road.changes.back().alert);
  EXPECT_TRUE(road.lane.today.blocked);
}

TEST(Block, OfOneMessageIsOnlySuspected) {
  Road road;
  road.block("m1", "a@example.com");
  EXPECT_EQ(road.lane.brake.state, Brake::cooling);
  EXPECT_EQ(road.held().until, road.now + 15min);
  EXPECT_FALSE(road.changes.back().alert);
  EXPECT_FALSE(road.lane.today.blocked);
  EXPECT_EQ(road.lane.brake.trigger, "m1") << "the probe goes with another";
}

TEST(Block, OfTwoDifferentMessagesWithinAnHourIsConfirmed) {
  Road road;
  Refusal first = road.refusal("m1"), other_sender = road.refusal("m1"), other_content = road.refusal("m2");
  blocked(road.lane, first, road.now);
  Road twin;
  twin.lane = road.lane;
  other_sender.sender = "b@example.com";
  blocked(road.lane, other_sender, road.now + 59min);
  EXPECT_EQ(road.lane.brake.state, Brake::paused) << "though that conversation began before the cooling";
  blocked(twin.lane, other_content, road.now + 59min);
  EXPECT_EQ(twin.lane.brake.state, Brake::paused);
}

TEST(Block, OfTheSameMessageAgainProvesNothing) {
  Road road;
  blocked(road.lane, road.refusal("m1"), road.now);
  blocked(road.lane, road.refusal("m1"), road.now + 1min);
  EXPECT_EQ(road.lane.brake.state, Brake::cooling);
}

TEST(Block, OfAnotherMessageHoursLaterIsANewSuspicion) {
  Road road;
  road.block("m1", "a@example.com");
  road.probe_meets(Verdict::delivered);
  road.pass(2h);
  road.block("m2", "b@example.com");
  EXPECT_EQ(road.lane.brake.state, Brake::cooling);
}

TEST(Block, ThatTheProbeMeetsAgainIsConfirmed) {
  Road road;
  road.block("m1", "a@example.com");
  road.pass(3h);  // nobody had mail meanwhile
  road.probe_meets(Verdict::reputation_block);
  EXPECT_EQ(road.lane.brake.state, Brake::paused);
}

TEST(Block, ThatAProbeMeetsForTheFirstTimeIsASuspicion) {
  Road road;
  road.rate_limit();
  road.probe_meets(Verdict::reputation_block);
  EXPECT_EQ(road.lane.brake.state, Brake::cooling);
  EXPECT_EQ(road.lane.brake.until, road.now + 15min);
  road.probe_meets(Verdict::reputation_block);
  EXPECT_EQ(road.lane.brake.state, Brake::paused);
}

TEST(Pause, DoublesToADayAndStartsAnewAfterACleanOne) {
  Road road;
  road.block("m1", "a@example.com", true);
  for (const Duration wanted : std::vector<Duration>{8h, 16h, 24h, 24h}) {
    road.probe_meets(Verdict::reputation_block);
    EXPECT_EQ(road.lane.brake.until, road.now + wanted);
  }
  road.probe_meets(Verdict::delivered);
  EXPECT_EQ(road.lane.brake.state, Brake::none);
  EXPECT_EQ(road.changes.back().reason, "a probe was accepted after the pause");
  road.pass(25h);
  road.block("m2", "a@example.com", true);
  EXPECT_EQ(road.lane.brake.pausing, 4h);
}

TEST(Pause, RepliesOfConversationsThatBeganBeforeDoNotDeepenIt) {
  Road road;
  Refusal older = road.refusal();
  older.at_once = true;
  road.block("m1", "a@example.com", true);
  EXPECT_TRUE(blocked(road.lane, older, road.now + 1min).empty());
  EXPECT_TRUE(rate_limited(road.lane, road.rules.recovery, older, road.now + 1min).empty());
  EXPECT_EQ(road.lane.brake.pausing, 4h);
}

TEST(Pause, AProbeThatIsOnlyRateLimitedCools) {
  Road road;
  road.block("m1", "a@example.com", true);
  road.probe_meets(Verdict::rate_limited);
  EXPECT_EQ(road.lane.brake.state, Brake::cooling);
  EXPECT_EQ(road.lane.brake.cooling, 5min);
  EXPECT_FALSE(road.lane.brake.probing) << "or nobody would ever try again";
}

TEST(Pause, OfASmarthostThatDeniesUsIsNoMatterOfHealth) {
  Road road;
  const auto changes = denied(road.lane, road.refusal("m1"), road.now);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes.front().change, "paused");
  EXPECT_TRUE(changes.front().alert);
  EXPECT_EQ(changes.front().reason, "does not relay for us: paused for 4 h");
  EXPECT_FALSE(road.lane.today.blocked);
  EXPECT_EQ(road.held().why, Why::paused);
  EXPECT_TRUE(denied(road.lane, road.refusal("m0"), road.now - 1ms).empty()) << "begun before";
  road.pass(4h);
  Refusal probe = road.refusal("m2");
  probe.probe = true;
  EXPECT_EQ(denied(road.lane, probe, road.now).front().reason, "does not relay for us: paused for 8 h");
}

TEST(State, APinIsShownBeforePausedBeforeCoolingBeforeHeldBeforeThePhase) {
  Lane lane;
  EXPECT_EQ(lane.shown_state(), "cold");
  lane.phase = Phase::warm;
  EXPECT_EQ(lane.shown_state(), "warm");
  lane.stage_kept = true;
  EXPECT_EQ(lane.shown_state(), "held");
  lane.brake.state = Brake::cooling;
  EXPECT_EQ(lane.shown_state(), "cooling");
  lane.brake.state = Brake::paused;
  EXPECT_EQ(lane.shown_state(), "paused");
  lane.operator_hold.state = OperatorHold::held;
  EXPECT_EQ(lane.shown_state(), "held");
}

TEST(State, AReasonOfTheStageComesBackWhenABrakeIsLetGo) {
  Road road;
  road.use_day(100);
  road.answers(Verdict::rate_limited, 15);
  road.use_day(100);
  const std::string held = road.lane.reason;
  ASSERT_FALSE(held.empty());
  road.rate_limit();
  EXPECT_NE(road.lane.reason, held);
  road.probe_meets(Verdict::delivered);
  EXPECT_EQ(road.lane.reason, held);
}

TEST(Bounces, AboveTheHoldStopClassesWithoutAReserveUntilTheDayEnds) {
  Road road;
  road.answers(Verdict::unknown_user, 12);
  road.answers(Verdict::delivered, 48);
  const auto changes = bounces_within_the_day(road.lane, road.rules, road.now);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes.front().change, "held");
  EXPECT_TRUE(changes.front().alert);
  EXPECT_EQ(changes.front().reason,
            "12 of 60 recipients do not exist; classes without a reserve wait until the day ends (most from <news@example.com>)");
  EXPECT_EQ(changes.front().evidence.front().text, "the remote's words");
  const Hold hold = road.held("bulk");
  EXPECT_EQ(hold.why, Why::bounces);
  EXPECT_EQ(hold.until, road.lane.today.ends);
  const auto shown = gates(road.with_rules(), {"bulk"}, road.now);
  ASSERT_EQ(shown.front().why, Why::bounces);
  EXPECT_EQ(shown.front().value, 12U);
  EXPECT_EQ(shown.front().limit, 1U);  // 3 % of 60
  EXPECT_GT(road.granted("transactional"), 0U);
  EXPECT_TRUE(bounces_within_the_day(road.lane, road.rules, road.now).empty()) << "said once";
  road.pass_day();
  EXPECT_GT(road.granted("bulk"), 0U);
}

TEST(Bounces, BelowTheFloorsStopNobody) {
  Road road;
  road.answers(Verdict::unknown_user, 4);
  road.answers(Verdict::delivered, 10);
  EXPECT_TRUE(bounces_within_the_day(road.lane, road.rules, road.now).empty());
}

TEST(Bounces, DoNotStopASourcesTotal) {
  Road road;
  road.rules.overall = true;
  road.answers(Verdict::unknown_user, 50);
  EXPECT_TRUE(bounces_within_the_day(road.lane, road.rules, road.now).empty());
}

}  // namespace
}  // namespace warmup
