// The clocks of the machine, and how scheduling time runs ahead of them in a rehearsal.
#include "mta/real/clock.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

namespace mta::real {
namespace {

using namespace std::chrono_literals;

constexpr Instant epoch{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5} + 9h};
constexpr Tempo rehearsal{epoch, 1440};  // a day a minute

TEST(Tempo, ADayPassesInAMinute) {
  EXPECT_EQ(rehearsal.scheduling(epoch), epoch);
  EXPECT_EQ(rehearsal.scheduling(epoch + 1min), epoch + 24h);
  EXPECT_EQ(rehearsal.scheduling(epoch + 30s), epoch + 12h);
  EXPECT_EQ(rehearsal.scheduling(epoch + 1ms), epoch + 1440ms);
}

TEST(Tempo, ThousandthsOfAMillisecondAreNotLost) {
  EXPECT_EQ(rehearsal.scheduling(std::chrono::sys_time<std::chrono::nanoseconds>(epoch) + 500us), epoch + 720ms);
}

TEST(Tempo, SpansOfRealTimeGrowAndShrinkBackRoundedUp) {
  EXPECT_EQ(rehearsal.scheduling(Duration(5s)), 2h);
  EXPECT_EQ(rehearsal.real(2h), 5s);
  EXPECT_EQ(rehearsal.real(1ms), 1ms);
  EXPECT_EQ((Tempo{epoch, 2.5}.real(Duration(9))), 4ms);
}

TEST(Tempo, ScaleOneIsTheWallClockWhateverTheEpoch) {
  const Tempo plain{epoch, 1};
  EXPECT_EQ(plain.scheduling(epoch - 7ms), epoch - 7ms);
  EXPECT_EQ(plain.scheduling(Duration(7)), 7ms);
  EXPECT_EQ(plain.real(7ms), 7ms);
}

TEST(Tempo, TheWallClockSetBeforeTheEpochRunsAheadBackwards) { EXPECT_EQ(rehearsal.scheduling(epoch - 1min), epoch - 24h); }

// An hour of scheduling time is a second; the alarm is checked against what it may see: the calendar's own clock.
TEST(Calendar, InARehearsalAlarmsComeSoonerButNotBeforeTheirTime) {
  asio::io_context context;
  const SystemCalendar clock;
  SystemCalendar calendar(Tempo{clock.wall() - 1h, 3600});
  EXPECT_GT(calendar.now() - calendar.wall(), 3500h);
  const Instant when = calendar.now() + 10min;  // a sixth of a second
  const auto began = std::chrono::steady_clock::now();
  Instant rang{};
  const auto alarm = calendar.alarm(context.get_executor(), [&] { rang = calendar.now(); });
  alarm->set(when);
  context.run_for(30s);
  EXPECT_GE(rang, when);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

TEST(Calendar, TimeSinceBootRunsAlongScaledAndTheBootHasAName) {
  const SystemCalendar plain, fast(Tempo{plain.wall(), 100});
  const BootClock before = plain.boot(), scaled = fast.boot(), after = plain.boot();
  EXPECT_GT(before.since, 0ms);
  EXPECT_LE(before.since * 100, scaled.since + 100ms);
  EXPECT_GE(after.since * 100 + 100ms, scaled.since);
  EXPECT_EQ(before.id, scaled.id);
  EXPECT_EQ(before.id.size(), 36U);
}

TEST(Naps, AnAlarmLooksAtTheClockEveryFewSeconds) {
  EXPECT_EQ(nap(2s), 2s);
  EXPECT_EQ(nap(24h), 5s);
  EXPECT_GT(nap(0s), 0s);
}

}  // namespace
}  // namespace mta::real
