// Where a day begins and ends: WARMUP.md §3.
#include "warmup/day.h"

#include "road.h"

namespace warmup {
namespace {

const DayRule in_utc;

TEST(Day, AFirstDayEndsAtTheFirstBoundaryTwelveHoursLater) {
  EXPECT_EQ(in_utc.first_end(utc("2026-11-20 00:00")), utc("2026-11-21 00:00"));
  EXPECT_EQ(in_utc.first_end(utc("2026-11-20 12:00")), utc("2026-11-21 00:00")) << "twelve hours";
  EXPECT_EQ(in_utc.first_end(utc("2026-11-20 12:00") + 1ms), utc("2026-11-22 00:00")) << "all but 36";
  EXPECT_EQ(in_utc.first_end(utc("2026-11-20 23:59")), utc("2026-11-22 00:00"));
}

TEST(Day, ADayStartMovesTheBoundaryAndTheDateStaysThatOfItsBeginning) {
  const DayRule rule("UTC", 6h);
  EXPECT_EQ(rule.next_boundary(utc("2026-11-20 05:59")), utc("2026-11-20 06:00"));
  EXPECT_EQ(rule.next_boundary(utc("2026-11-20 06:00")), utc("2026-11-21 06:00"));
  EXPECT_EQ(rule.date(utc("2026-11-21 06:00")), "2026-11-20");
  EXPECT_EQ(in_utc.date(utc("2026-11-21 00:00")), "2026-11-20");
}

TEST(Day, TheLastBoundaryIsTheOneAtOrBefore) {
  EXPECT_EQ(in_utc.last_boundary(utc("2026-11-20 00:00")), utc("2026-11-20 00:00"));
  EXPECT_EQ(in_utc.last_boundary(utc("2026-11-20 23:59")), utc("2026-11-20 00:00"));
}

TEST(Day, ATimeZoneIsThePlansOwn) {
  const DayRule tokyo("Asia/Tokyo", 0min);
  EXPECT_EQ(tokyo.next_boundary(utc("2026-11-20 14:59")), utc("2026-11-20 15:00"));
  EXPECT_EQ(tokyo.next_boundary(utc("2026-11-20 15:00")), utc("2026-11-21 15:00"));
  EXPECT_EQ(tokyo.date(utc("2026-11-20 15:00")), "2026-11-20");
}

TEST(Day, DaysLastTwentyThreeAndTwentyFiveHoursWhereClocksChange) {
  const DayRule berlin("Europe/Berlin", 0min);
  EXPECT_EQ(berlin.next_boundary(utc("2026-03-28 23:00")) - utc("2026-03-28 23:00"), 23h);
  EXPECT_EQ(berlin.next_boundary(utc("2026-10-24 22:00")) - utc("2026-10-24 22:00"), 25h);
}

TEST(Day, ALocalTimeThatDoesNotExistIsTheFirstInstantAfterTheGap) {
  const DayRule berlin("Europe/Berlin", 2h + 30min);  // 2026-03-29: 02:00 → 03:00
  EXPECT_EQ(berlin.next_boundary(utc("2026-03-28 12:00")), utc("2026-03-29 01:00"));
  EXPECT_EQ(berlin.next_boundary(utc("2026-03-29 01:00")), utc("2026-03-30 00:30"));
  EXPECT_EQ(berlin.date(utc("2026-03-29 01:00")), "2026-03-28");
}

TEST(Day, OfAnAmbiguousLocalTimeTheFirstCounts) {
  const DayRule berlin("Europe/Berlin", 2h + 30min);  // 2026-10-25: 03:00 → 02:00
  EXPECT_EQ(berlin.next_boundary(utc("2026-10-24 12:00")), utc("2026-10-25 00:30"));
  EXPECT_EQ(berlin.next_boundary(utc("2026-10-25 00:30")), utc("2026-10-26 01:30")) << "not the second 02:30";
}

TEST(Day, AMidnightThatDoesNotExistIsTheFirstInstantToo) {
  const DayRule beirut("Asia/Beirut", 0min);  // 2026-03-29: 00:00 → 01:00
  EXPECT_EQ(beirut.next_boundary(utc("2026-03-28 12:00")), utc("2026-03-28 22:00"));
  EXPECT_EQ(beirut.next_boundary(utc("2026-03-28 22:00")), utc("2026-03-29 21:00"));
}

TEST(Day, ADateThatAZoneNeverHadIsNoDay) {
  const DayRule apia("Pacific/Apia", 0min);  // 2011-12-30 was left out
  const Instant begins = apia.next_boundary(utc("2011-12-29 12:00"));
  EXPECT_EQ(begins, utc("2011-12-30 10:00"));
  EXPECT_EQ(apia.next_boundary(begins), utc("2011-12-31 10:00"));
}

TEST(Day, BoundariesOfAnyZoneAscendAndAreTwelveHoursApart) {
  for (const std::string zone :
       {"UTC", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Casablanca", "America/Havana", "Asia/Gaza"}) {
    for (const auto start : {0min, 30min, 150min, 1439min}) {
      const DayRule rule(zone, start);
      Instant at = utc("2015-01-01 00:00");
      for (int day = 0; day < 4200; ++day) {
        const Instant end = rule.first_end(at);
        ASSERT_GE(end - at, 12h) << zone << " " << text_of(at);
        ASSERT_LE(end - at, 37h) << zone << " " << text_of(at);
        ASSERT_EQ(rule.last_boundary(end), end) << zone << " " << text_of(at);
        at = end;
      }
    }
  }
}

TEST(Day, AZoneThatNobodyKnowsIsUtc) {
  EXPECT_EQ(DayRule("Nowhere/Land", 0min).first_end(utc("2026-11-20 00:00")), utc("2026-11-21 00:00"));
}

}  // namespace
}  // namespace warmup
