// The threads and what hops between them: conversations, the pool, the calendar.
#include <gmock/gmock.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <set>

#include "mta/real/dice.h"
#include "mta/real/world.h"

namespace mta::real {
namespace {

using namespace std::chrono_literals;

std::string thread_name() {
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

template <class Function>
auto on(const Executor& executor, Function function) {
  const auto task =
      std::make_shared<std::packaged_task<decltype(function())()>>(std::move(function));  // ours until the thread has left it
  auto result = task->get_future();
  asio::post(executor, [task] { (*task)(); });
  return result.get();
}

awaitable<std::string> work_and_come_back(Work& work, std::string& worked_on) {
  co_await work.run([&worked_on] { worked_on = thread_name(); });
  co_return thread_name();
}

awaitable<void> work_that_fails(Work& work) {
  co_await work.run([] { throw std::runtime_error("no such hash"); });
}

awaitable<void> wait(Stopwatch& stopwatch, Duration duration) { co_await stopwatch.wait_for(duration); }

awaitable<void> wait_holding(Stopwatch& stopwatch, std::shared_ptr<int>) { co_await stopwatch.wait_for(1h); }

awaitable<void> serve(Listener& listener, Executor home) {
  std::unique_ptr<Stream> stream = co_await listener.accept(home);
  stream->expires_after(20s);
  char octet = 0;
  co_await stream->read_some({&octet, 1});
  co_await stream->write({&octet, 1});
  co_await stream->shut();
}

awaitable<char> call(Net& net, Endpoint to, char octet) {
  std::unique_ptr<Stream> stream = co_await net.connect(std::nullopt, to, 20s);
  stream->expires_after(20s);
  co_await stream->write({&octet, 1});
  co_await stream->read_some({&octet, 1});
  co_await stream->shut();
  co_return octet;
}

WorldOptions small() {
  return {.threads = 2, .dns_servers = {"127.0.0.1:1"}, .dns_timeout = 1s, .trust_ad = false, .ca_file = ""};
}

class Threaded : public ::testing::Test {
 protected:
  RealWorld real{small()};
  World world = real.world();
};

TEST_F(Threaded, EveryRoleHasItsOwnThread) {
  EXPECT_EQ(on(world.threads.scheduler(), thread_name), "scheduler");
  EXPECT_EQ(on(world.threads.syncer(), thread_name), "syncer");
  std::set<std::string> io;
  for (int i = 0; i < 4; ++i) io.insert(on(world.threads.io(), thread_name));
  EXPECT_EQ(io, (std::set<std::string>{"io-0", "io-1"}));
}

TEST_F(Threaded, SignalsAreLeftToTheMainThread) {
  const bool blocked = on(world.threads.scheduler(), [] {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGHUP) == 1;
  });
  EXPECT_TRUE(blocked);
}

TEST_F(Threaded, AJobRunsInThePoolAndTheCallerGoesOnWhereItWas) {
  std::string worked_on;
  const auto back_on =
      asio::co_spawn(world.threads.scheduler(), work_and_come_back(world.work, worked_on), asio::use_future).get();
  EXPECT_NE(worked_on, "");
  EXPECT_NE(worked_on, "scheduler");
  EXPECT_EQ(back_on, "scheduler");
}

TEST_F(Threaded, WhatAJobThrowsReachesTheCaller) {
  auto failed = asio::co_spawn(world.threads.io(), work_that_fails(world.work), asio::use_future);
  EXPECT_THROW(failed.get(), std::runtime_error);
}

TEST_F(Threaded, TheStopwatchWaitsAtLeastAsLongAsAsked) {
  const auto before = world.stopwatch.now();
  asio::co_spawn(world.threads.io(), wait(world.stopwatch, 20ms), asio::use_future).get();
  EXPECT_GE(world.stopwatch.now() - before, 20ms);
}

TEST_F(Threaded, ConversationsBetweenThreadsAreHeard) {
  const Executor home = world.threads.io();
  const auto listener = on(home, [&] { return world.net.listen(home, {asio::ip::make_address("127.0.0.1"), 0}); });
  std::vector<std::future<void>> served;
  std::vector<std::future<char>> calls;
  for (int i = 0; i < 40; ++i) {
    calls.push_back(
        asio::co_spawn(world.threads.io(), call(world.net, listener->local(), static_cast<char>('A' + i)), asio::use_future));
    served.push_back(asio::co_spawn(home, serve(*listener, home), asio::use_future));
  }
  for (int i = 0; i < 40; ++i) EXPECT_EQ(calls[static_cast<std::size_t>(i)].get(), 'A' + i);
  for (auto& one : served) one.get();
  on(home, [&] { listener->close(); });
}

TEST_F(Threaded, AnAlarmRingsOnItsExecutorNotBeforeItsTime) {
  std::promise<std::pair<Instant, std::string>> rang;
  std::unique_ptr<Alarm> alarm;
  const Instant when = world.calendar.now() + 15ms;
  on(world.threads.scheduler(), [&] {
    alarm = world.calendar.alarm(world.threads.scheduler(), [&] { rang.set_value({world.calendar.now(), thread_name()}); });
    alarm->set(when + 1h);
    alarm->set(when);
  });
  const auto [at, where] = rang.get_future().get();
  EXPECT_GE(at, when);
  EXPECT_EQ(where, "scheduler");
  on(world.threads.scheduler(), [&] { alarm.reset(); });
}

TEST_F(Threaded, AnAlarmInThePastRingsSoonButNotInsideSetAndAClearedOneNever) {
  std::promise<void> rang;
  std::unique_ptr<Alarm> alarm, cleared;
  bool inside = true;
  on(world.threads.scheduler(), [&] {
    cleared = world.calendar.alarm(world.threads.scheduler(), [] { ADD_FAILURE() << "a cleared alarm rang"; });
    cleared->set(Instant{});
    cleared->clear();
    alarm = world.calendar.alarm(world.threads.scheduler(), [&] {
      EXPECT_FALSE(inside);
      rang.set_value();
    });
    alarm->set(Instant{});
    inside = false;
  });
  rang.get_future().get();
  on(world.threads.scheduler(), [&] { alarm.reset(), cleared.reset(); });
}

TEST_F(Threaded, StoppingTheWorldDestroysConversationsThatStillWait) {
  auto alive = std::make_shared<int>(0);
  const std::weak_ptr<int> gone = alive;
  auto pending = asio::co_spawn(world.threads.io(), wait_holding(world.stopwatch, std::move(alive)), asio::use_future);
  on(world.threads.io(), [] { return 0; });
  real.stop();
  EXPECT_TRUE(gone.expired());
}

TEST(ChanceOfTheKernel, DiffersBetweenRollsAndThreads) {
  KernelDice dice;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(dice.roll());
  auto elsewhere = std::async(std::launch::async, [&] { return dice.roll(); });
  seen.insert(elsewhere.get());
  EXPECT_EQ(seen.size(), 1001U);
  EXPECT_LT(dice.fraction(), 1.0);
}

}  // namespace
}  // namespace mta::real
