#include "tests/sim/world/loop.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "tests/sim/world/world.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

TEST(Loop, TimersFireByTimeAndThenByTheOrderTheyWereSet) {
  Loop loop;
  std::string order;
  loop.at(2ms, [&] { order += 'c'; });
  loop.at(1ms, [&] { order += 'a'; });
  loop.at(1ms, [&] { order += 'b'; });
  loop.pass(5ms);
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(loop.now(), 5ms);
}

TEST(Loop, TimeStandsStillWhileSomethingIsReady) {
  Loop loop;
  std::string order;
  loop.at(1ms, [&] { order += 't'; });
  asio::post(loop.outside(), [&] {
    order += '1';
    asio::post(loop.process(), [&] { order += '2'; });
  });
  loop.pass(1ms);
  EXPECT_EQ(order, "12t");
}

TEST(Loop, ACancelledTimerDoesNotFire) {
  Loop loop;
  bool fired = false;
  Loop::TimerId timer = loop.at(1ms, [&] { fired = true; });
  loop.cancel(timer);
  loop.pass(1h);
  EXPECT_FALSE(fired);
  EXPECT_EQ(timer, 0U);
}

void again(Loop& loop) {
  asio::post(loop.outside(), [&loop] { again(loop); });
}

TEST(Loop, ALivelockThrows) {
  Loop loop;
  loop.most_events_at_one_instant = 1000;
  again(loop);
  EXPECT_THROW(loop.pass(1ms), LoopStuck);
}

awaitable<int> sleep_then(Loop& loop, int value) {
  co_await loop.wait_until(loop.now() + 1h);
  co_return value;
}
awaitable<void> throw_something() {
  throw std::runtime_error("broken");
  co_return;
}
awaitable<void> wait_forever(Loop& loop, Loop::Slot& slot) { co_await loop.park(slot); }

TEST(Loop, RunReturnsWhatTheCoroutineReturned) {
  Loop loop;
  EXPECT_EQ(loop.run(sleep_then(loop, 7)), 7);
  EXPECT_EQ(loop.now(), 1h);
  EXPECT_THROW(loop.run(throw_something()), std::runtime_error);
}

TEST(Loop, ACoroutineThatNobodyWakesIsReported) {
  Loop loop;
  Loop::Slot slot = 0;
  EXPECT_THROW(loop.run(wait_forever(loop, slot)), LoopStuck);
}

TEST(Loop, AnExceptionOfASpawnedTaskReachesTheTest) {
  Loop loop;
  loop.spawn(loop.process(), "bad", throw_something());
  EXPECT_THROW(loop.settle(), std::runtime_error);
}

struct Flag {
  bool& flag;
  ~Flag() { flag = true; }
};
awaitable<void> hold_flag(Loop& loop, bool& unwound, bool& resumed) {
  const Flag flag{unwound};
  co_await loop.wait_until(loop.now() + 1h);
  resumed = true;
}

TEST(Loop, KillingTheProcessUnwindsItsFramesAndNobodyElses) {
  Loop loop;
  bool unwound = false, resumed = false, outside_unwound = false, outside_resumed = false;
  loop.spawn(loop.process(), "program", hold_flag(loop, unwound, resumed));
  loop.spawn(loop.outside(), "town", hold_flag(loop, outside_unwound, outside_resumed));
  loop.pass(1min);
  const Executor before = loop.process();
  loop.kill_process();
  EXPECT_TRUE(unwound);
  EXPECT_FALSE(loop.alive(before));
  EXPECT_TRUE(loop.alive(loop.process()));
  asio::post(before, [&] { resumed = true; });  // what a destructor may still post goes nowhere
  loop.pass(2h);
  EXPECT_FALSE(resumed);
  EXPECT_TRUE(outside_resumed);
}

TEST(Loop, TheEndOfTheWorldUnwindsEverything) {
  bool unwound = false, resumed = false;
  {
    SimWorld world{1};
    world.loop.spawn(world.loop.outside(), "task", hold_flag(world.loop, unwound, resumed));
    world.loop.settle();
  }
  EXPECT_TRUE(unwound);
  EXPECT_FALSE(resumed);
}

TEST(Loop, TheHashDependsOnWhatWasLoggedAndWhen) {
  const auto hash = [](Duration delay, const char* text) {
    Loop loop;
    loop.pass(delay);
    loop.log("test", text);
    return loop.hash();
  };
  EXPECT_EQ(hash(1ms, "a"), hash(1ms, "a"));
  EXPECT_NE(hash(1ms, "a"), hash(2ms, "a"));
  EXPECT_NE(hash(1ms, "a"), hash(1ms, "b"));
}

TEST(Dice, StreamsOfOneSeedAreApartAndRepeatable) {
  SimDice a{7, "net"}, b{7, "net"}, c{7, "daemon"}, d{8, "net"};
  const auto first = a.roll();
  EXPECT_EQ(first, b.roll());
  EXPECT_NE(first, c.roll());
  EXPECT_NE(first, d.roll());
}

}  // namespace
}  // namespace mta::sim
