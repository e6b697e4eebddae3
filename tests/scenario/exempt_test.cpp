// Mail to domains of our own waits for no stranger's trust: WARMUP.md §1.
#include <gtest/gtest.h>

#include "conf/own_domains.h"
#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

constexpr const char* slow_down = "421 4.7.28 unusual rate of mail originating from your IP, temporarily rate limited";

// sender.test signs and is its own; the plan lets a stranger's domain have three a day.
void own_domain(conf::Config& config) {
  no_reserves(config);
  config.warmup.exempt = {"sender.test"};
}

TEST(WarmupExempt, MailToOurOwnDomainAndItsSubdomainsWaitsForNoCapAndIsCountedByNone) {
  Town town{seed_from_env_or(151)};
  auto& home = town.receiver("sender.test");
  auto& branch = town.receiver("branch.sender.test");
  auto& other = town.receiver("notsender.test");
  auto& out = town.mta({.plan = at_once(3), .change = own_domain});
  for (const auto* domain : {"sender.test", "branch.sender.test", "notsender.test"}) out.submit(40, bulk_to(domain));
  town.pass(30min);
  EXPECT_EQ(home.accepted(), 40U) << town.story();
  EXPECT_EQ(branch.accepted(), 40U) << town.story();
  EXPECT_EQ(other.accepted(), 3U) << town.story();
  const auto seen = look_into(out);
  for (const auto& lane : seen.lanes) {
    const bool own = lane.provider.ends_with(":sender.test") || lane.provider.ends_with(".sender.test");
    if (own) {
      EXPECT_EQ(lane.record.today.sent + lane.record.today.delivered, 0U) << lane.provider;
    }
    if (lane.provider.empty()) {
      EXPECT_EQ(lane.record.today.sent, 3U) << "the source's total";
    }
  }
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupExempt, ADomainThatWeSignForOrThatBouncesComeBackToIsOurOwn) {
  Town town{seed_from_env_or(152)};
  auto& bounces = town.receiver("bounces.test");
  auto& out = town.mta({.plan = at_once(3), .change = [](conf::Config& config) {
                          no_reserves(config);
                          config.bounces.domain = "bounces.test";
                        }});
  out.submit(20, bulk_to("bounces.test"));
  town.pass(30min);
  EXPECT_EQ(bounces.accepted(), 20U) << town.story();
  conf::Config config = out.config();
  config.dkim_keys.emplace_back().domain = "signed.test";
  EXPECT_TRUE(conf::own_domains(config).covers("signed.test"));
  EXPECT_TRUE(conf::own_domains(config).covers("bounces.test"));
  EXPECT_FALSE(conf::own_domains(config).covers("sender.test"));
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupExempt, BounceReportsToTheSendersDomainArriveThoughItsLaneWouldBeFull) {
  Town town{seed_from_env_or(153)};
  auto& gmail = town.receiver("gmail.test");
  auto& home = town.receiver("sender.test");
  for (int i = 1; i <= 60; ++i) gmail.manners.unknown.insert("user" + std::to_string(i) + "@gmail.test");
  auto& out = town.mta({.plan = at_once(3), .change = [](conf::Config& config) {
                          own_domain(config);
                          config.plans.at(0).providers["other:gmail.test"] = at_once(500);
                          config.plans.at(0).providers["other:gmail.test"].health.hold_bounces = 1;
                          config.sources.at(0).overall = "off";
                        }});
  out.submit(60, bulk_to("gmail.test"));
  town.pass(1h);
  EXPECT_EQ(home.accepted(), 60U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupExempt, ABrakeHoldsSuchMailToo) {
  Town town{seed_from_env_or(154)};
  auto& home = town.receiver("sender.test");
  home.now_answers(slow_down);
  auto& out = town.mta({.plan = at_once(3), .change = own_domain});
  out.submit(30, bulk_to("sender.test"));
  town.pass(4h);
  EXPECT_LE(home.connections(), 20U) << town.story();  // probes at intervals that double
  home.now_behaves();
  town.pass(5h);
  EXPECT_EQ(home.accepted(), 30U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

// What waits in its cap goes as soon as a reload makes its domain our own.
TEST(WarmupExempt, AReloadThatMakesADomainOurOwnLetsItsMailGo) {
  Town town{seed_from_env_or(155)};
  auto& home = town.receiver("partner.test");
  auto& out = town.mta({.plan = at_once(3), .change = no_reserves});
  out.submit(40, bulk_to("partner.test"));
  town.pass(2h);
  ASSERT_EQ(home.accepted(), 3U) << town.story();
  conf::Config config = out.config();
  config.warmup.exempt = {"partner.test"};
  out.server().reload(config);
  town.pass(20min);
  EXPECT_EQ(home.accepted(), 40U) << town.story();
  out.submit(5, bulk_to("partner.test"));
  home.close();
  out.server().reload(out.config());
  town.pass(5min);
  home.open();
  town.pass(20h);
  EXPECT_EQ(home.accepted(), 40U) << "it is a stranger's again: its three of the day are used up";
  out.config().warmup.exempt = config.warmup.exempt;  // what left while it was ours is nobody's to count
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupExempt, WhatACrashInterruptedOnTheWayToOurOwnDomainIsNotChargedEither) {
  Town town{seed_from_env_or(156)};
  auto& home = town.receiver("sender.test");
  home.manners.delays[Stage::dot] = 30s;
  auto& out = town.mta({.plan = at_once(3), .change = own_domain});
  out.submit(4, bulk_to("sender.test"));
  town.pass(10s);
  ASSERT_GT(home.open_sessions(), 0U);
  out.crash_and_restart();
  town.pass(2h);
  EXPECT_EQ(out.waiting(), 0U) << town.story();
  for (const auto& lane : look_into(out).lanes) EXPECT_EQ(lane.record.today.sent, 0U) << lane.provider;
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
