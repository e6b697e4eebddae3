// What a reload does to lanes: WARMUP.md §1.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

// The daemon runs on with another configuration, and starts with it later.
void reload(Daemon& daemon, const std::function<void(conf::Config&)>& change) {
  change(daemon.config());
  daemon.server().reload(daemon.config());
}

TEST(WarmupReload, WhatIsInConversationWhenItsSourceIsRenamedIsCountedOnItsLane) {
  Town town{seed_from_env_or(54)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.delays[Stage::dot] = 30s;
  auto& out = town.mta({.plan = at_once(40), .change = no_reserves});
  out.submit(200, bulk_to("gmail.test"));
  ASSERT_TRUE(town.pass_until([&] { return gmail.open_sessions() > 0; }, 1min));
  reload(out, [](conf::Config& config) {
    config.sources.at(0).name = "out-1";
    config.pools.at(0).sources = {"out-1"};
  });
  town.pass(20h);
  EXPECT_EQ(gmail.accepted(), 40U) << town.story();
  const Evidence seen = look_into(out);
  for (const char* provider : {"other:gmail.test", "other:"}) {
    const auto* lane = lane_of(seen, "192.0.2.10", provider);
    ASSERT_NE(lane, nullptr);
    EXPECT_EQ(lane->record.today.sent, 40U) << provider;
    EXPECT_EQ(lane->record.reserved(), 0U) << provider;
  }
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

// The conversation that waits for more mail ends by the reload, when what its lane is called now is known already.
TEST(WarmupReload, ASourceIsRenamedWhileAConversationWaitsAndItsLaneStandsWhereItStood) {
  Town town{seed_from_env_or(57)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = at_once(20), .change = no_reserves});
  out.submit(300, bulk_to("gmail.test"));
  const auto sent_by = [&](unsigned count) { return town.pass_until([&] { return gmail.accepted() >= count; }, 48h); };
  ASSERT_TRUE(sent_by(50)) << town.story();
  town.pass(500ms);
  ASSERT_GT(gmail.open_sessions(), 0U) << "the last conversation waits for more mail of its queue";
  reload(out, [](conf::Config& config) {
    config.sources.at(0).name = "a-1";
    config.pools.at(0).sources = {"a-1"};
  });
  town.pass(1h);
  const Evidence seen = look_into(out);
  const auto* lane = lane_of(seen, "192.0.2.10", "other:gmail.test");
  ASSERT_NE(lane, nullptr);
  EXPECT_EQ(lane->record.stage, 1U);
  EXPECT_EQ(lane->record.today.sent, 30U);
  EXPECT_EQ(gmail.accepted(), 50U) << town.story();
}

TEST(WarmupReload, ANewAddressUnderAnOldNameStartsCold) {
  Town town{seed_from_env_or(55)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.delays[Stage::dot] = 30s;
  auto& out = town.mta({.plan = at_once(40), .change = no_reserves});
  out.submit(200, bulk_to("gmail.test"));
  ASSERT_TRUE(town.pass_until([&] { return gmail.open_sessions() > 0; }, 1min));
  reload(out, [](conf::Config& config) { config.sources.at(0).address = "192.0.2.11"; });
  town.pass(20h);
  const Evidence seen = look_into(out);
  const auto *old = lane_of(seen, "192.0.2.10", "other:gmail.test"), *now = lane_of(seen, "192.0.2.11", "other:gmail.test");
  ASSERT_NE(old, nullptr);
  ASSERT_NE(now, nullptr);
  EXPECT_GT(old->record.today.sent, 0U);
  EXPECT_EQ(old->record.reserved(), 0U);
  EXPECT_EQ(now->record.today.sent, 40U);
  EXPECT_EQ(gmail.accepted(), old->record.today.sent + 40) << town.story();
}

TEST(WarmupReload, APlanThatLearnsFromNowOnGoesOnFromTheStageOfTheFixedCurve) {
  Town town{seed_from_env_or(58)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(100, 1.2, 50'000)});
  out.submit(2000, bulk_to("gmail.test"));
  town.pass(24h * 2 + 2h);
  reload(out, [](conf::Config& config) { config.plans.at(0).growth_max = 1.3; });
  town.pass(24h * 4);
  EXPECT_THAT(accepted_by_day(gmail, 6), testing::ElementsAre(100, 120, 144, 172, 212, 267)) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupReload, ASourceThatComesBackStandsWhereItStood) {
  Town town{seed_from_env_or(56)};
  town.receiver("gmail.test");
  auto& out =
      town.mta({.sources = {"192.0.2.10", "192.0.2.11"}, .plan = plan_of(10, 1.5, 5000), .change = [](conf::Config& config) {
                  no_reserves(config);
                  config.pools.at(0).sources = {"ip-1"};
                }});
  out.submit(300, bulk_to("gmail.test"));
  town.pass(24h * 5 + 1h);
  const conf::Config whole = out.config();
  const Evidence before = look_into(out);
  reload(out, [](conf::Config& config) {
    config.sources.erase(config.sources.begin());
    config.pools.at(0).sources = {"ip-2"};
  });
  town.pass(2h);
  reload(out, [&](conf::Config& config) { config = whole; });
  town.pass(2h);
  const Evidence after = look_into(out);
  for (const char* provider : {"other:gmail.test", "other:"}) {
    const auto *was = lane_of(before, "192.0.2.10", provider), *is = lane_of(after, "192.0.2.10", provider);
    ASSERT_NE(was, nullptr);
    ASSERT_NE(is, nullptr);
    EXPECT_GE(was->record.stage, 2U) << provider;
    EXPECT_EQ(is->record.stage, was->record.stage) << provider;
    EXPECT_EQ(is->record.today.limit, was->record.today.limit) << provider;
  }
  const auto set = [](const EventSeen& each) { return each.type == "lane" && each.change == "set"; };
  EXPECT_EQ(std::count_if(after.events.begin(), after.events.end(), set), 0) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
