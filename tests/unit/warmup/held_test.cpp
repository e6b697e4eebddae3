// What becomes of mail that no lane takes: WARMUP.md §6, §8.
#include "warmup/held.h"

#include <gtest/gtest.h>

namespace warmup {
namespace {

using namespace std::chrono_literals;

const Instant now{std::chrono::hours(24 * 20000)};

Lane braked(decltype(Lane::brake.state) state, Duration left) {
  Lane lane;
  lane.brake.state = state;
  lane.brake.until = now + left;
  return lane;
}

Lane paused_for(std::optional<Duration> left) {
  Lane lane;
  lane.operator_hold.state = OperatorHold::paused;
  if (left) lane.operator_hold.until = now + *left;
  return lane;
}

ClassOptions of(WhenFull when_full, OnMaxWait on_max_wait = OnMaxWait::wait) {
  ClassOptions made;
  made.when_full = when_full;
  made.on_max_wait = on_max_wait;
  made.max_wait = 10h;
  return made;
}

TEST(Held, ALaneIsBrakedForLongWhenItIsPausedOrCoolsForMoreThanAnHour) {
  EXPECT_FALSE(is_braked_for_long(Lane{}, now));
  EXPECT_FALSE(is_braked_for_long(braked(Brake::cooling, 1h), now));
  EXPECT_TRUE(is_braked_for_long(braked(Brake::cooling, 1h + 1ms), now));
  EXPECT_TRUE(is_braked_for_long(braked(Brake::paused, 1min), now));
  EXPECT_TRUE(is_braked_for_long(paused_for(1min), now));
}

TEST(Held, AnOverflowGivesItsMailBackWhileItMayNotBeAsked) {
  EXPECT_FALSE(is_held_back(Lane{}, now));
  EXPECT_TRUE(is_held_back(braked(Brake::cooling, 1ms), now));
  EXPECT_FALSE(is_held_back(braked(Brake::cooling, 0ms), now)) << "one message sees whether it is well again";
  EXPECT_TRUE(is_held_back(paused_for({}), now));
}

TEST(Held, OnlyAClassThatSaysSoIsFull) {
  const Room none{false, 0}, some{false, 5}, no_limit{false, {}}, stopped{true, 5};
  for (const WhenFull other : {WhenFull::accept, WhenFull::tempfail}) EXPECT_FALSE(is_full(of(other), stopped, false, 9));
  const ClassOptions overflowing = of(WhenFull::overflow);
  EXPECT_TRUE(is_full(overflowing, none, false, 0));
  EXPECT_FALSE(is_full(overflowing, some, false, 4));
  EXPECT_TRUE(is_full(overflowing, some, false, 5)) << "what waits ahead is all that it can get today";
  EXPECT_FALSE(is_full(overflowing, no_limit, false, 1'000'000));
  EXPECT_FALSE(is_full(overflowing, none, true, 9)) << "no ledger counts it";
  EXPECT_TRUE(is_full(overflowing, stopped, true, 0)) << "but brakes hold it";
}

TEST(Held, WhoMayOverflow) {
  const Head fresh{now - 10h, false}, old{now - 10h - 1ms, false}, blocked{now, true};
  EXPECT_FALSE(may_overflow(of(WhenFull::accept), fresh, false, now));
  EXPECT_TRUE(may_overflow(of(WhenFull::overflow), fresh, true, now));
  EXPECT_FALSE(may_overflow(of(WhenFull::accept, OnMaxWait::wait), old, false, now));
  EXPECT_FALSE(may_overflow(of(WhenFull::accept, OnMaxWait::bounce), old, false, now));
  EXPECT_FALSE(may_overflow(of(WhenFull::accept, OnMaxWait::overflow), fresh, false, now));
  EXPECT_TRUE(may_overflow(of(WhenFull::accept, OnMaxWait::overflow), old, false, now));
  EXPECT_TRUE(may_overflow(of(WhenFull::accept), blocked, false, now)) << "whatever its class says";
}

TEST(Held, WhatWaitsTooLongBouncesOnlyWhenTheOperatorWroteIt) {
  const Head fresh{now - 10h, false}, old{now - 10h - 1ms, false};
  EXPECT_EQ(waits_too_long(of(WhenFull::accept, OnMaxWait::bounce), fresh, now), TooLong::no);
  EXPECT_EQ(waits_too_long(of(WhenFull::accept, OnMaxWait::bounce), old, now), TooLong::bounce);
  EXPECT_EQ(waits_too_long(of(WhenFull::accept, OnMaxWait::wait), old, now), TooLong::warn);
  EXPECT_EQ(waits_too_long(of(WhenFull::accept, OnMaxWait::overflow), old, now), TooLong::warn);
}

TEST(Held, ABlockEndsADayAfterTheFirstRefusal) {
  EXPECT_FALSE(block_ends({now - 24h + 1ms, true}, now));
  EXPECT_TRUE(block_ends({now - 24h, true}, now));
  EXPECT_FALSE(block_ends({now - 48h, false}, now));
}

TEST(Held, ThePoolHasRoomForWhatItsLanesTakeBeyondWhatWaitsThere) {
  const std::vector<Answer> takes_seven{Permit{5}, Hold{now + 3h}, Permit{2}};
  EXPECT_EQ(room_in_pool(takes_seven, 4, {}, now).more, 3U);
  EXPECT_EQ(room_in_pool(takes_seven, 7, {}, now).more, 0U);
  EXPECT_EQ(room_in_pool(takes_seven, 7, {}, now).opens, now + 10min) << "it grants, but no more than what waits already";
  const std::vector<Answer> shut{Hold{now + 3h}, Hold{now + 2h}};
  EXPECT_EQ(room_in_pool(shut, 0, {}, now).opens, now + 2h);
  EXPECT_EQ(room_in_pool({}, 0, {}, now).opens, now + 10min);
  EXPECT_EQ(room_in_pool({}, 0, now + 1h, now).opens, now + 1h) << "its site is closed";
  EXPECT_EQ(room_in_pool(takes_seven, 0, now + 1min, now).more, 0U);
}

TEST(Held, MailLeavesAnOverflowThatDoesNotAnswerButForOneThatTries) {
  const std::function<bool()> yes = [] { return true; }, no = [] { return false; };
  EXPECT_FALSE(leaves_overflow(Lane{}, false, true, yes, now));
  EXPECT_TRUE(leaves_overflow(Lane{}, true, true, no, now));
  EXPECT_FALSE(leaves_overflow(Lane{}, true, false, no, now)) << "it tries the way";
  EXPECT_TRUE(leaves_overflow(Lane{}, true, false, yes, now)) << "the pool takes it too";
  EXPECT_TRUE(leaves_overflow(braked(Brake::cooling, 1min), false, false, no, now));
}

TEST(Held, WhoIsGreylistedIsBoundForADayOrUntilTheLaneIsHeldForLong) {
  EXPECT_FALSE(is_unbound(Lane{}, now - 24h + 1ms, 5min, now));
  EXPECT_TRUE(is_unbound(Lane{}, now - 24h, 5min, now));
  EXPECT_FALSE(is_unbound(braked(Brake::cooling, 4h), now, 5min, now));
  EXPECT_TRUE(is_unbound(braked(Brake::cooling, 4h + 1ms), now, 5min, now));
  EXPECT_FALSE(is_unbound(braked(Brake::paused, 5h), now, 2h, now)) << "three times its delay";
  EXPECT_TRUE(is_unbound(braked(Brake::paused, 6h + 1ms), now, 2h, now));
  EXPECT_TRUE(is_unbound(paused_for({}), now, 5min, now));
  EXPECT_FALSE(is_unbound(paused_for(1h), now, 5min, now));
}

}  // namespace
}  // namespace warmup
