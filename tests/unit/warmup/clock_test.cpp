// Days that end, days that were slept through, clocks that jump: WARMUP.md §3.
#include "road.h"
#include "warmup/lane_row.h"

namespace warmup {
namespace {

TEST(FirstDay, LastsFromTwelveToThirtySixHours) {
  Road noon({}, utc("2026-11-20 12:00"));
  EXPECT_EQ(noon.lane.today.ends, utc("2026-11-21 00:00"));
  EXPECT_EQ(noon.lane.today.date, "2026-11-20");
  Road evening({}, utc("2026-11-20 18:00"));
  EXPECT_EQ(evening.lane.today.ends, utc("2026-11-22 00:00"));
  EXPECT_EQ(evening.lane.today.date, "2026-11-21");
}

TEST(FirstDay, OfTwelveHoursIsFollowedByADayThoughTwentyHoursHaveNotPassed) {
  Road road({}, utc("2026-11-20 12:00"));
  road.pass(12h);
  EXPECT_EQ(road.lane.today.date, "2026-11-21");
}

TEST(DayEnds, AtTheBoundaryAndTheNextBeginsThere) {
  Road road;
  road.pass(24h - 1ms);
  EXPECT_EQ(road.lane.today.date, "2026-11-20");
  road.pass(1ms);
  EXPECT_EQ(road.lane.today.date, "2026-11-21");
  EXPECT_EQ(road.lane.today.started, utc("2026-11-21 00:00"));
  ASSERT_EQ(road.lane.history.size(), 1U);
  EXPECT_TRUE(road.lane.history.front().judged);
}

TEST(DayEnds, OfALaneThatIsLookedAtLateLeavesTheNextDayItsOwnTime) {
  Road road;
  road.pass(24h + 18h);  // nobody asked until six in the evening
  EXPECT_EQ(road.lane.today.date, "2026-11-21");
  road.pass(6h);
  EXPECT_EQ(road.lane.today.date, "2026-11-22") << "the day began at midnight, not when it was looked at";
}

TEST(DayEnds, HistoryIsKeptThirtyFiveDays) {
  Road road;
  for (int day = 0; day < 50; ++day) road.use_day(1);
  EXPECT_EQ(road.lane.history.size(), 35U);
  EXPECT_EQ(road.lane.history.back().date, "2027-01-08");
}

TEST(ZoneChange, AppliesFromTheNextDayAndNoDayIsShort) {
  Road road;
  road.pass(1h);
  road.follow(with([](PlanOptions& plan) { plan.timezone = "America/Los_Angeles"; }));
  road.advance_to();
  EXPECT_EQ(road.lane.today.ends, utc("2026-11-21 00:00")) << "today stays";
  road.pass_day();
  EXPECT_EQ(road.lane.today.ends, utc("2026-11-22 08:00")) << "not at 08:00 of the same day: eight hours are no day";
}

TEST(ZoneChange, GivesTwoDaysThatEndOnOneDateDifferentNames) {
  Road road(with([](PlanOptions& plan) { plan.timezone = "Pacific/Kiritimati"; }), utc("2026-11-19 10:00"));
  EXPECT_EQ(road.lane.today.date, "2026-11-20");
  road.use_day(80);
  road.follow(with([](PlanOptions& plan) { plan.timezone = "Etc/GMT+12"; }));
  road.now = road.lane.today.ends, road.boot.since += 24h;
  road.advance_to();
  road.pass_day();
  std::set<std::string> names{road.lane.today.date};
  for (const auto& day : road.lane.history) EXPECT_TRUE(names.insert(day.date).second) << day.date << " twice";
  EXPECT_EQ(road.lane.today.sent, 0U);
}

TEST(ZoneChange, ADayStartThatMovesBackIsNotYesterdayAgain) {
  Road road;
  road.send(5);
  road.follow(with([](PlanOptions& plan) { plan.day_start = 23h; }));
  road.pass_day();
  EXPECT_EQ(road.lane.today.ends, utc("2026-11-21 23:00"));
  EXPECT_EQ(road.lane.today.sent, 0U);
  EXPECT_NE(road.lane.today.date, road.lane.history.back().date);
}

TEST(DaylightSaving, DaysOfTwentyThreeAndTwentyFiveHoursOpenInTime) {
  const auto berlin = with([](PlanOptions& plan) { plan.timezone = "Europe/Berlin"; });
  Road spring(berlin, utc("2026-03-27 23:00"));
  spring.pass_day();
  EXPECT_EQ(spring.lane.today.ends - spring.lane.today.started, 23h);
  spring.pass_day();
  EXPECT_EQ(spring.lane.today.date, "2026-03-30");
  Road autumn(berlin, utc("2026-10-23 22:00"));
  autumn.pass_day();
  EXPECT_EQ(autumn.lane.today.ends - autumn.lane.today.started, 25h);
}

TEST(DaemonDown, DaysAreProcessedOneByOneAsDaysWithNothingSent) {
  Road road;
  road.use_day(80);
  EXPECT_EQ(road.lane.stage, 1U);
  road.pass(5 * 24h + 7h);
  EXPECT_EQ(road.lane.today.date, "2026-11-26");
  EXPECT_EQ(road.lane.history.size(), 6U);
  EXPECT_EQ(road.lane.idle.lasted, 5 * 24h);
  EXPECT_EQ(road.lane.stage, 1U) << "five idle days cost nothing";
}

TEST(DaemonDown, ForWeeksCostsStagesAndThenAll) {
  Road road;
  for (int day = 0; day < 10; ++day) road.use_day(road.lane.today.limit.value());
  EXPECT_EQ(road.lane.stage, 10U);
  Road twin;
  twin.lane = road.lane;
  twin.now = road.now, twin.boot = road.boot;
  road.pass(14 * 24h);
  EXPECT_EQ(road.lane.stage, 7U) << "(14 − 8) / 2 stages";
  twin.reboot();
  twin.now += 40 * 24h;
  twin.advance_to();
  EXPECT_EQ(twin.lane.phase, Phase::cold);
  EXPECT_EQ(twin.lane.stage, 0U);
}

TEST(DaemonDown, ForAHundredYearsEndsSoon) {
  Road road;
  road.use_day(80);
  road.reboot();
  road.now = utc("2126-11-20 12:00");
  road.advance_to();
  EXPECT_EQ(road.lane.today.started, utc("2126-11-20 00:00"));
  EXPECT_LE(road.lane.history.size(), 35U);
}

TEST(ClockSetForward, OpensNoDayBeforeTwentyHoursHavePassed) {
  Road road;
  road.pass(2h);
  road.send(5);
  road.set_clock(24h);
  EXPECT_EQ(road.lane.today.date, "2026-11-20");
  EXPECT_EQ(road.lane.today.sent, 5U);
  road.pass(17h);
  EXPECT_EQ(road.lane.today.date, "2026-11-20");
  road.lane.today.sent = 100;
  EXPECT_EQ(road.held().until, road.now + 10min) << "look again: the day should have ended and may not yet";
  road.pass(1h);
  EXPECT_EQ(road.lane.today.date, "2026-11-21");
}

TEST(ClockSetForward, SkippedDaysMakeNobodyIdle) {
  Road road;
  road.use_day(80);
  road.pass(1h);
  road.send(5);
  road.set_clock(60 * 24h);
  road.pass(21h);
  EXPECT_EQ(road.lane.today.date, "2027-01-20");
  EXPECT_EQ(road.lane.stage, 1U);
  EXPECT_EQ(road.lane.idle.lasted, 0ms);
  road.pass(24h);
  EXPECT_EQ(road.lane.idle.lasted, 24h) << "days that really passed do";
}

TEST(ClockSetForward, ByLessThanAnHourIsNoJump) {
  EXPECT_FALSE(clocks_disagree(utc("2026-11-20 10:00"), {"b", 5h}, {utc("2026-11-20 11:59"), {"b", 6h}}));
  EXPECT_TRUE(clocks_disagree(utc("2026-11-20 10:00"), {"b", 5h}, {utc("2026-11-20 12:01"), {"b", 6h}}));
  EXPECT_TRUE(clocks_disagree(utc("2026-11-20 10:00"), {"b", 5h}, {utc("2026-11-20 09:59"), {"b", 6h}}));
  EXPECT_FALSE(clocks_disagree(utc("2026-11-20 10:00"), {"b", 5h}, {utc("2026-11-29 10:00"), {"c", 1h}})) << "another boot";
  EXPECT_FALSE(clocks_disagree(Instant{}, {}, {utc("2026-11-29 10:00"), {"c", 1h}}));
}

TEST(ClockSetBack, FindsTheDayThatWasUsed) {
  Road road;
  road.pass(3h);
  road.send(5);
  road.pass_day();
  road.pass(1h);
  road.send(2);
  road.set_clock(-2h);
  EXPECT_EQ(road.lane.today.date, "2026-11-20");
  EXPECT_EQ(road.lane.today.sent, 5U);
  road.pass(1h + 30min);
  EXPECT_EQ(road.lane.today.date, "2026-11-21");
  EXPECT_EQ(road.lane.today.sent, 2U) << "and the next one goes on with what it had";
  EXPECT_EQ(road.times_said("advanced"), 0U);
}

TEST(ClockSetBack, BySecondsAtMidnightCostsNoDay) {
  Road road;
  road.pass(24h + 1s);
  EXPECT_EQ(road.lane.today.date, "2026-11-21");
  road.set_clock(-2s);
  EXPECT_EQ(road.lane.today.date, "2026-11-20");
  road.pass(2s);
  EXPECT_EQ(road.lane.today.date, "2026-11-21") << "at once, not twenty hours later";
}

TEST(ClockSetBack, JudgesADayOnlyOnce) {
  Road road;
  road.use_day(80);
  EXPECT_EQ(road.lane.stage, 1U);
  for (int time = 0; time < 3; ++time) {
    road.set_clock(-1h);
    road.pass(2h);
  }
  EXPECT_EQ(road.lane.stage, 1U);
  EXPECT_EQ(road.times_said("advanced"), 1U);
}

TEST(ClockSetBack, BeforeAllThatIsKnownTodayGoesOnAndThenTheDayThatIsNowOpens) {
  Road road({}, utc("2027-11-20 00:00"));  // the lane began under a clock that was a year ahead
  road.send(5);
  road.set_clock(-365 * 24h);
  EXPECT_EQ(road.lane.today.sent, 5U) << "no fresh day for setting a clock";
  road.pass(19h);
  EXPECT_EQ(road.lane.today.date, "2027-11-20");
  road.pass(2h);
  EXPECT_EQ(road.lane.today.sent, 0U);
  EXPECT_EQ(road.lane.today.date, "2026-11-21");
  road.pass_days(3);
  EXPECT_EQ(road.lane.today.date, "2026-11-24") << "a first day may be long";
}

TEST(ClockSetBack, DoesNotKeepALaneCoolingForTheJump) {
  Road road;
  road.pass(24h);
  road.rate_limit();
  road.set_clock(-20h);
  EXPECT_LE(road.held().until, road.now + 15min);
  road.pass(16min);
  road.rate_limit();
  EXPECT_EQ(road.lane.brake.cooling, 10min) << "a conversation that began now is not taken for an older one";
}

TEST(ClockSetBack, DoesNotFillTheHourForTheJump) {
  Road road;
  road.pass(24h);
  road.classes.front().reserve = 0;
  road.send(25, "transactional");
  road.set_clock(-10h);
  EXPECT_EQ(road.held("transactional").until, road.now + 61min);
}

TEST(Restart, TheRecordBringsTheLaneBackAsItStood) {
  Road road;
  road.use_day(80);
  road.pass(5h);
  road.send(5);
  road.rate_limit();
  const auto history = road.lane.history;
  road.lane = decode_lane(encode(road.lane)).value();
  road.lane.history = history;
  EXPECT_EQ(road.lane.today.sent, 5U);
  EXPECT_EQ(road.held().why, Why::cooling);
  road.pass(20h);
  EXPECT_EQ(road.lane.stage, 1U) << "an idle evening";
}

TEST(Reboot, ADayInAnotherBootOpensByTheClockAlone) {
  Road road;
  road.pass(2h);
  road.reboot();
  road.now += 23h;
  road.advance_to();
  EXPECT_EQ(road.lane.today.date, "2026-11-21");
}

TEST(Reboot, WithADeadClockTodayGoesOnUntilTheClockIsRightAgain) {
  Road road;
  road.pass(2h);
  road.send(5);
  const Instant before = road.now;
  road.reboot();
  road.now = utc("1970-01-01 00:02");
  road.advance_to();
  EXPECT_EQ(road.lane.today.sent, 5U);
  road.now = before + 30min;
  road.boot.since += 5min;
  road.advance_to();
  EXPECT_EQ(road.lane.today.date, "2026-11-20");
  road.pass(24h);
  EXPECT_EQ(road.lane.today.date, "2026-11-21");
}

}  // namespace
}  // namespace warmup
