#include "tests/sim/world/clock.h"

#include <gtest/gtest.h>

#include "tests/sim/world/world.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

struct Bedside {
  SimWorld world{1};
  int rings = 0;
  std::unique_ptr<Alarm> alarm = world.calendar.alarm(world.loop.process(), [this] { ++rings; });
  Instant now() { return world.calendar.now(); }
};

TEST(SimCalendar, BeginsOnAMondayAndPasses) {
  Bedside b;
  EXPECT_EQ(b.now(), world_began);
  b.world.loop.pass(36h);
  EXPECT_EQ(b.now() - world_began, 36h);
}

TEST(SimCalendar, AnAlarmRingsOnceAtItsInstant) {
  Bedside b;
  b.alarm->set(b.now() + 1h);
  b.world.loop.pass(1h - 1ms);
  EXPECT_EQ(b.rings, 0);
  b.world.loop.pass(1ms);
  EXPECT_EQ(b.rings, 1);
  b.world.loop.pass(5h);
  EXPECT_EQ(b.rings, 1);
}

TEST(SimCalendar, AnInstantInThePastRingsSoonButNotInsideSet) {
  Bedside b;
  b.alarm->set(b.now() - 1h);
  EXPECT_EQ(b.rings, 0);
  b.world.loop.pass(0ms);
  EXPECT_EQ(b.rings, 1);
}

TEST(SimCalendar, SettingAgainReplacesAndClearingSilences) {
  Bedside b;
  b.alarm->set(b.now() + 1h);
  b.alarm->set(b.now() + 2h);
  b.world.loop.pass(90min);
  EXPECT_EQ(b.rings, 0);
  b.alarm->clear();
  b.world.loop.pass(2h);
  EXPECT_EQ(b.rings, 0);
}

TEST(SimCalendar, AnAlarmDestroyedAtItsInstantDoesNotRing) {
  Bedside b;
  b.world.loop.at(1h, [&] { b.alarm.reset(); });
  b.alarm->set(b.now() + 1h);
  b.world.loop.pass(2h);
  EXPECT_EQ(b.rings, 0);
}

TEST(SimCalendar, AJumpForwardBringsAlarmsAndLeavesTheStopwatchAlone) {
  Bedside b;
  const auto before = b.world.stopwatch.now();
  b.alarm->set(b.now() + 24h);
  b.world.calendar.jump(24h);
  b.world.loop.pass(1ms);
  EXPECT_EQ(b.rings, 1);
  EXPECT_EQ(b.world.stopwatch.now() - before, 1ms);
}

TEST(SimCalendar, AJumpBackPostponesAlarms) {
  Bedside b;
  b.alarm->set(b.now() + 1h);
  b.world.calendar.jump(-2h);
  b.world.loop.pass(2h);
  EXPECT_EQ(b.rings, 0);
  b.world.loop.pass(1h);
  EXPECT_EQ(b.rings, 1);
}

TEST(SimCalendar, TimeSinceBootNoticesNoJumpAndBeginsAnewWithAnotherBoot) {
  Bedside b;
  b.world.loop.pass(3h);
  b.world.calendar.jump(24h);
  EXPECT_EQ(b.world.calendar.boot(), (BootClock{"town", 3h}));
  EXPECT_EQ(b.now() - world_began, 27h);
  b.world.calendar.reboot("next");
  b.world.loop.pass(1h);
  EXPECT_EQ(b.world.calendar.boot(), (BootClock{"next", 1h}));
}

TEST(SimCalendar, AnAlarmOfAKilledProcessIsSilent) {
  Bedside b;
  b.alarm->set(b.now() + 1h);
  b.world.loop.kill_process();
  b.world.loop.pass(2h);
  EXPECT_EQ(b.rings, 0);
}

}  // namespace
}  // namespace mta::sim
