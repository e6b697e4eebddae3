// Power cuts at every kind of moment: DESIGN.md §7, promises 1 and 3.
#include <gtest/gtest.h>

#include "tests/sim/town.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

TEST(Crash, WhatWasAcknowledgedSurvivesIt) {
  Town town{seed_from_env_or(1)};
  auto& gmail = town.receiver("gmail.test");
  gmail.close();
  auto& out = town.mta();
  out.submit(100, to("gmail.test"));
  ASSERT_TRUE(town.pass_until([&] { return out.clients.acknowledged() == 100; }, 10min));
  out.crash_and_restart();
  gmail.open();
  town.pass(3h);
  EXPECT_EQ(gmail.accepted(), 100U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(Crash, InTheMiddleOfSubmissionLosesNothingThatWasAcknowledged) {
  for (std::size_t acknowledged : {1U, 7U, 40U, 99U}) {
    Town town{seed_from_env_or(2)};
    auto& gmail = town.receiver("gmail.test");
    auto& out = town.mta();
    out.submit(100, to("gmail.test"));
    ASSERT_TRUE(town.pass_until([&] { return out.clients.acknowledged() >= acknowledged; }, 10min));
    out.crash_and_restart();
    town.pass(6h);
    EXPECT_TRUE(out.clients.idle());
    EXPECT_GE(gmail.accepted(), out.clients.acknowledged()) << town.story();
    EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
  }
}

TEST(Crash, BetweenTheDotAndItsOutcomeMayRepeatACopyButNeverLoseOne) {
  for (std::size_t accepted : {1U, 13U, 50U}) {
    Town town{seed_from_env_or(3)};
    auto& gmail = town.receiver("gmail.test");
    gmail.manners.delays[Stage::dot] = 2s;
    auto& out = town.mta();
    out.submit(60, to("gmail.test"));
    ASSERT_TRUE(town.pass_until([&] { return gmail.accepted() >= accepted; }, 1h));
    out.crash_and_restart();
    town.pass(12h);
    EXPECT_GE(gmail.accepted(), 60U) << town.story();
    EXPECT_EQ(out.waiting(), 0U) << town.story();
    EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
  }
}

TEST(Crash, WhileReportsAreWrittenLosesNone) {
  for (int moment = 0; moment < 8; ++moment) {
    Town town{seed_from_env_or(4)};
    auto& gmail = town.receiver("gmail.test");
    auto& home = town.receiver("sender.test");
    gmail.now_answers("550 5.1.1 no such user", Stage::rcpt);
    auto& out = town.mta();
    out.submit(20, to("gmail.test"));
    ASSERT_TRUE(town.pass_until([&] { return gmail.refused() >= 1; }, 10min));
    town.pass(Duration(moment * 3));
    out.crash_and_restart();
    town.pass(6h);
    EXPECT_GE(home.accepted(), out.clients.acknowledged()) << town.story();
    EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
  }
}

TEST(Crash, ManyInARowWithTimeForNothingInBetween) {
  Town town{seed_from_env_or(5)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta();
  out.submit(50, to("gmail.test"));
  for (int i = 0; i < 30; ++i) {
    town.pass(Duration(i * 7));
    out.crash_and_restart();
  }
  town.pass(24h);
  EXPECT_GE(gmail.accepted(), out.clients.acknowledged()) << town.story();
  EXPECT_EQ(out.waiting(), 0U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(Crash, AnOrderlyStopLeavesNothingHalfDone) {
  Town town{seed_from_env_or(6)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.delays[Stage::dot] = 5s;
  auto& out = town.mta();
  out.submit(40, to("gmail.test"));
  ASSERT_TRUE(town.pass_until([&] { return gmail.accepted() >= 3; }, 1h));
  out.restart();
  town.pass(6h);
  EXPECT_EQ(gmail.accepted(), 40U) << town.story();  // not one twice
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(Crash, ADiskThatLiesAboutSyncsIsCaught) {  // the control: these tests can fail
  Town town{seed_from_env_or(7)};
  town.receiver("gmail.test").close();
  auto& out = town.mta();
  town.pass(1min);
  out.disk().lie_about_syncs(true);
  out.submit(50, to("gmail.test"));
  ASSERT_TRUE(town.pass_until([&] { return out.clients.acknowledged() == 50; }, 10min));
  out.crash();
  out.disk().lie_about_syncs(false);
  EXPECT_FALSE(town.broken_promises().empty());
}

}  // namespace
}  // namespace mta::sim
