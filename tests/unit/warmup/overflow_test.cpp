// Does an overflow take mail: WARMUP.md §1 (liveness), §6.
#include "warmup/overflow.h"

#include "road.h"

namespace warmup {
namespace {

TEST(Overflow, ThatIsWellTakesAll) {
  Road road;
  const auto answer = ask_overflow(road.lane, {}, road.now);
  EXPECT_EQ(answer.takes, Takes::all);
  EXPECT_EQ(answer.why, "");
}

TEST(Overflow, TakesNoMoreThanItsClassCanStillGetThereToday) {
  Road road;
  OverflowSite site;
  site.waiting = 9;
  site.left = 10;
  EXPECT_EQ(ask_overflow(road.lane, site, road.now).takes, Takes::all);
  site.waiting = 10;
  const auto full = ask_overflow(road.lane, site, road.now);
  EXPECT_EQ(full.takes, Takes::nothing);
  EXPECT_EQ(full.why, "full");
  EXPECT_EQ(full.again, road.now + 1h);
  site.left.reset();
  EXPECT_EQ(ask_overflow(road.lane, site, road.now).takes, Takes::all) << "no limit";
}

TEST(Overflow, WhileABrakesIntervalRunsTakesNothingAndThenOneMessageAtATime) {
  Road road;
  road.rate_limit();
  const auto braked = ask_overflow(road.lane, {}, road.now);
  EXPECT_EQ(braked.takes, Takes::nothing);
  EXPECT_EQ(braked.why, "cooling");
  EXPECT_EQ(braked.again, road.now + 5min);
  road.pass(5min);
  EXPECT_EQ(ask_overflow(road.lane, {}, road.now).takes, Takes::one);
  const auto waits = ask_overflow(road.lane, {.tried = true}, road.now);
  EXPECT_EQ(waits.takes, Takes::nothing);
  EXPECT_EQ(waits.again, road.now + 1min);
  EXPECT_TRUE(waits.settles);
  probe_leaves(road.lane);
  EXPECT_EQ(ask_overflow(road.lane, {}, road.now).takes, Takes::nothing) << "a probe is out";
  went_well(road.lane, road.rules.recovery, 1, true, road.now);
  EXPECT_EQ(ask_overflow(road.lane, {}, road.now).takes, Takes::all);
}

TEST(Overflow, WhoseSiteDoesNotAnswerTakesOneWhenTheSiteIsDueAndNothingThereIs) {
  Road road;
  const OverflowSite closed{true, road.now + 4min, true};
  EXPECT_EQ(ask_overflow(road.lane, closed, road.now).again, road.now + 4min);
  EXPECT_EQ(ask_overflow(road.lane, closed, road.now).why, "does not answer");
  EXPECT_EQ(ask_overflow(road.lane, closed, road.now + 4min).takes, Takes::nothing) << "what waits there sees";
  EXPECT_EQ(ask_overflow(road.lane, {true, road.now + 4min, false}, road.now + 4min).takes, Takes::one);
}

TEST(Overflow, ThatAnOperatorPausedWaitsForPeople) {
  Road road;
  road.hand(LaneCommand::pause);
  for (const Duration later : std::vector<Duration>{0h, 24h, 24h * 30}) {
    const auto answer = ask_overflow(road.lane, {}, road.now + later);
    EXPECT_EQ(answer.takes, Takes::nothing);
    EXPECT_GT(answer.again, road.now + later);
  }
  road.hand(LaneCommand::pause, std::nullopt, 20min);
  EXPECT_EQ(ask_overflow(road.lane, {}, road.now).again, road.now + 20min);
}

}  // namespace
}  // namespace warmup
