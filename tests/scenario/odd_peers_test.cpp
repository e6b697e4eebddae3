// Peers that are dead or leave us in the dark: many of them at once, and one after the final dot.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

TEST(OddPeers, TwoThousandDeadHostsDoNotKeepHonestMailWaiting) {
  Town town{seed_from_env_or(321)};
  auto& honest = town.receiver("honest.test");
  auto& out = town.mta();
  Mail dead = to("honest.test");
  dead.recipients.clear();
  for (int n = 0; n < 2000; ++n) {
    const std::string host = fmt::format("mx.dead{}.test", n), address = fmt::format("203.0.{}.{}", n / 250, n % 250 + 1);
    town.world().resolver.mx(fmt::format("dead{}.test", n), 10, host);
    town.world().resolver.address(host, address);
    town.world().net.link(asio::ip::make_address(address)).reach = Reach::silent;
    dead.recipients.push_back(fmt::format("bob@dead{}.test", n));
    if (dead.recipients.size() < 1000) continue;
    out.submit(dead);
    dead.recipients.clear();
  }
  town.pass(2s);
  out.submit(1, to("honest.test"));
  EXPECT_TRUE(town.pass_until([&] { return honest.accepted() == 1; }, 15s)) << town.story(20);
}

TEST(OddPeers, ARecipientGetsThreeCopiesAtMostAcrossARestartAndThenItsSenderIsTold) {
  Town town{seed_from_env_or(322)};
  auto& mute = town.receiver("mute.test");
  auto& home = town.receiver("sender.test");
  mute.manners.hangup = Hangup{Stage::dot, false, 1};
  auto& out = town.mta();
  out.submit(1, to("mute.test"));
  town.pass(1min);
  EXPECT_EQ(mute.accepted(), 1U) << town.story();
  out.restart();
  town.pass(10min);
  EXPECT_EQ(mute.accepted(), 1U) << "the next try comes later than usual" << town.story();
  town.pass(24h);
  EXPECT_EQ(mute.accepted(), 3U) << town.story();
  EXPECT_EQ(home.accepted(), 1U) << town.story();
  EXPECT_EQ(out.waiting(), 0U);
}

}  // namespace
}  // namespace mta::sim
