// The days of a lane before today, which its copies share.
#include "warmup/past_days.h"

#include <gmock/gmock.h>

#include "road.h"
#include "warmup/ledger.h"

namespace warmup {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Day day(int number, Recipients sent = 0) {
  Day made;
  made.started = utc("2026-11-20 00:00") + number * 24h;
  made.ends = made.started + 24h;
  made.sent = sent;
  return made;
}

PastDays days_with(const std::vector<Recipients>& sent) {
  PastDays days;
  for (std::size_t n = 0; n < sent.size(); ++n) days.push_back(day(static_cast<int>(n), sent[n]));
  return days;
}

std::vector<Recipients> sent(const PastDays& days) {
  std::vector<Recipients> found;
  for (const auto& each : days) found.push_back(each.sent);
  return found;
}

TEST(PastDays, ALaneBeginsWithNone) {
  const PastDays none;
  EXPECT_TRUE(none.empty());
  EXPECT_THAT(sent(none), IsEmpty());
  EXPECT_TRUE(none.rbegin() == none.rend());
  EXPECT_EQ(none, PastDays{});
}

TEST(PastDays, ADayGoesToItsPlace) {
  PastDays days = days_with({1, 2});
  days.insert(day(-1, 7));
  days.insert(day(5, 8));
  days.insert(day(1, 9));
  EXPECT_THAT(sent(days), ElementsAre(7, 1, 9, 2, 8)) << "of two that began together the newer is first";
  EXPECT_EQ(days.front().sent, 7U);
  EXPECT_EQ(days.back().sent, 8U);
  EXPECT_EQ(days.rbegin()->sent, 8U);
}

TEST(PastDays, ADayThatIsTakenIsHereNoMore) {
  PastDays days = days_with({1, 2, 3});
  EXPECT_EQ(days.take(std::next(days.begin())).sent, 2U);
  EXPECT_THAT(sent(days), ElementsAre(1, 3));
}

TEST(PastDays, TheOldestGoFirst) {
  PastDays days = days_with({1, 2, 3, 4});
  days.keep(2, [](const Day& each) { return each.sent != 4; });
  EXPECT_THAT(sent(days), ElementsAre(2, 3));
}

TEST(PastDays, ACopySharesTheDaysAndAChangeIsItsOwn) {
  PastDays days = days_with({1, 2, 3});
  const PastDays copy = days;
  EXPECT_EQ(&copy.front(), &days.front());
  days.change(std::next(days.begin())).sent = 9;
  EXPECT_THAT(sent(days), ElementsAre(1, 9, 3));
  EXPECT_THAT(sent(copy), ElementsAre(1, 2, 3));
  EXPECT_EQ(&copy.front(), &days.front()) << "the others are shared still";
  EXPECT_FALSE(copy == days);
}

TEST(PastDays, WhatIsCountedForADayThatIsOverIsNotSeenInACopyOfTheLane) {
  Road road;
  road.use_day(60);
  const Lane copy = road.lane;
  complained(road.lane, 1, road.lane.today.started - 1h);
  EXPECT_EQ(road.lane.history.back().health.complaints, 1U);
  EXPECT_EQ(copy.history.back().health.complaints, 0U);
  EXPECT_EQ(copy.today, road.lane.today);
}

}  // namespace
}  // namespace warmup
