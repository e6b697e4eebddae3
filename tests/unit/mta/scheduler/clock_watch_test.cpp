#include "mta/scheduler/clock_watch.h"

#include <gtest/gtest.h>

namespace mta {
namespace {

using namespace std::chrono_literals;

warmup::Moment at(warmup::Duration wall, const std::string& boot, warmup::Duration since) {
  return {warmup::Instant(20'000 * 24h) + wall, {boot, since}};
}

TEST(ClockWatch, AJumpOfMoreThanAnHourEitherWayIsSeenOnce) {
  ClockWatch watch;
  EXPECT_FALSE(watch.look(at(0h, "a", 5h)));  // nothing to compare with
  EXPECT_FALSE(watch.look(at(1h, "a", 6h)));
  EXPECT_FALSE(watch.look(at(3h, "a", 7h)));  // an hour clock_behind_since, not more
  const auto forward = watch.look(at(27h, "a", 8h));
  ASSERT_TRUE(forward);
  EXPECT_EQ(forward->wall, 24h);
  EXPECT_EQ(forward->boot, 1h);
  EXPECT_FALSE(watch.look(at(28h, "a", 9h)));
  const auto back = watch.look(at(4h, "a", 10h));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->wall, -24h);
}

TEST(ClockWatch, AnotherBootIsBelieved) {
  ClockWatch watch;
  watch.look(at(0h, "a", 5h));
  EXPECT_FALSE(watch.look(at(50h, "b", 1h)));
  EXPECT_FALSE(watch.look(at(51h, "b", 2h)));
}

TEST(ClockWatch, WhatWasWrittenDownIsGoneOnFrom) {
  ClockWatch before;
  before.look(at(0h, "a", 5h));
  auto after = ClockWatch::decode(before.encode());
  EXPECT_TRUE(after.look(at(9h, "a", 6h)));
  EXPECT_FALSE(ClockWatch::decode("nonsense").look(at(9h, "a", 6h)));
  EXPECT_FALSE(ClockWatch::decode("").look(at(9h, "a", 6h)));
}

}  // namespace
}  // namespace mta
