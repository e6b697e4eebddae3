// What was sent in the last hour: WARMUP.md §5.
#include "warmup/hour.h"

#include "road.h"

namespace warmup {
namespace {

const Instant ten = utc("2026-11-20 10:00");

TEST(Hour, CountsWhatWasSentInSixtyMinutesAndForgetsIt) {
  Hour hour;
  hour.add(ten, 5);
  hour.add(ten + 30min, 2);
  EXPECT_EQ(hour.in_last_hour(ten + 30min), 7U);
  EXPECT_EQ(hour.in_last_hour(ten + 60min), 7U);
  EXPECT_EQ(hour.in_last_hour(ten + 61min), 2U) << "minutes count whole";
  EXPECT_EQ(hour.in_last_hour(ten + 91min), 0U);
}

TEST(Hour, SaysWhenThereIsRoomAgain) {
  Hour hour;
  hour.add(ten, 5);
  hour.add(ten + 30min, 5);
  EXPECT_EQ(hour.room_for(ten + 31min, 1, 10), ten + 61min);
  EXPECT_EQ(hour.room_for(ten + 31min, 5, 10), ten + 61min);
  EXPECT_EQ(hour.room_for(ten + 31min, 6, 10), ten + 91min);
  EXPECT_EQ(hour.room_for(ten + 31min, 1, 11), ten + 31min) << "now";
}

TEST(Hour, WhatIsSettledLateIsNeverLost) {
  Hour hour;
  hour.add(ten + 5min, 1);
  hour.add(ten, 3);  // its dot left before, its answer came after
  EXPECT_EQ(hour.in_last_hour(ten + 64min), 4U);
}

TEST(Hour, KeepsAtMostAnHourOfMinutes) {
  Hour hour;
  for (int minute = 0; minute < 600; ++minute) hour.add(ten + std::chrono::minutes(minute), 1);
  EXPECT_LE(hour.minutes().size(), 61U);
  EXPECT_EQ(hour.in_last_hour(ten + 599min), 61U);
}

TEST(Hour, AClockSetBackMakesWhatLiesAheadOfItThatOfNow) {
  Hour hour;
  hour.add(ten, 2);
  hour.add(ten + 24h, 5);
  EXPECT_EQ(hour.in_last_hour(ten), 5U) << "counts, though it is ahead (the minute of then is forgotten)";
  hour.turn_back(ten + 1min);
  EXPECT_EQ(hour.in_last_hour(ten + 1min), 5U);
  EXPECT_EQ(hour.in_last_hour(ten + 62min), 0U) << "and not until tomorrow";
}

}  // namespace
}  // namespace warmup
