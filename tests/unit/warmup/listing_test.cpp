// An address on a list that somebody has to ask: WARMUP.md §8, delisting.
#include "road.h"

namespace warmup {
namespace {

TEST(Listing, PausesAtOnceAndNamesThePageThatTakesRemovals) {
  Road road;
  road.meet_listing();
  EXPECT_EQ(road.lane.brake.state, Brake::paused);
  const Hold hold = road.held("transactional");
  EXPECT_EQ(hold.why, Why::paused);
  EXPECT_EQ(hold.until, road.now + 24h);
  EXPECT_EQ(road.lane.reason, "on a list; ask for removal at https://sender.office.com/: paused for 24 h");
  ASSERT_TRUE(road.said("paused"));
  EXPECT_TRUE(road.changes.back().alert);
  EXPECT_EQ(road.changes.back().reason, road.lane.reason);
  EXPECT_TRUE(road.lane.today.blocked);
}

TEST(Listing, ThatNamesNoPageSaysWhatIsToBeDone) {
  Road road;
  road.meet_listing("550 5.7.1 part of their network is on our block list (S3150)");
  EXPECT_EQ(road.lane.reason, "on a list that has to be asked for removal: paused for 24 h");
}

TEST(Listing, IsAskedOnceADayUntilItIsOver) {
  Road road;
  road.meet_listing();
  for (int day = 0; day < 5; ++day) {
    road.probe_meets(Verdict::delisting);
    EXPECT_EQ(road.lane.brake.until, road.now + 24h) << "neither longer nor shorter";
  }
  road.probe_meets(Verdict::delivered);
  EXPECT_EQ(road.lane.brake.state, Brake::none);
  EXPECT_EQ(road.lane.brake.connections, 1U);
}

TEST(Listing, StepsBackForTheDayOnWhichItBeganOnly) {
  Road road;
  for (int day = 0; day < 5; ++day) road.use_day(100 + 100 * static_cast<unsigned>(day));
  const unsigned stage = road.lane.stage;
  ASSERT_GE(stage, 3U);
  road.meet_listing();
  road.pass_day();
  EXPECT_EQ(road.lane.stage, stage - 2);
  for (int day = 0; day < 3; ++day) {
    road.probe_meets(Verdict::delisting);
    EXPECT_FALSE(road.lane.today.blocked);
    road.pass_day();
  }
  EXPECT_EQ(road.lane.stage, stage - 2);
}

TEST(Listing, ThatAProbeOfAnotherBrakeMeetsBegins) {
  Road road;
  road.rate_limit();
  road.probe_meets(Verdict::delisting);
  EXPECT_EQ(road.lane.brake.until, road.now + 24h);
  EXPECT_TRUE(road.lane.today.blocked);
}

TEST(Listing, RepliesOfConversationsThatBeganBeforeSayNothingNew) {
  Road road;
  const Refusal older = road.refusal();
  road.meet_listing();
  EXPECT_TRUE(listed(road.lane, older, road.now + 1min).empty());
  EXPECT_TRUE(blocked(road.lane, older, road.now + 1min).empty());
}

TEST(Listing, EndsWithResumeAndIsUndone) {
  Road road;
  road.meet_listing();
  road.hand(LaneCommand::undo);
  EXPECT_EQ(road.lane.brake.state, Brake::none);
  EXPECT_FALSE(road.lane.today.blocked);
  road.meet_listing();
  road.hand(LaneCommand::resume);
  EXPECT_EQ(road.lane.brake, BrakeState{});
  EXPECT_GT(road.granted(), 0U);
}

}  // namespace
}  // namespace warmup
