// Who waits for a permit is not forgotten when somebody looks at him: WARMUP.md §6, §9.
#include <gtest/gtest.h>

#include "days.h"
#include "mta/scheduler/scheduler_thread.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

TEST(WarmupWaiting, WhoIsAskedWhyHeWaitsGoesOnWaitingForHisTurn) {
  Town town{seed_from_env_or(71)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(20, 1.5, 500)});
  out.submit(20, bulk_to("gmail.test"));
  const queue::QueueKey line{queue::QueueKind::routed, "default", "other:gmail.test", "bulk", "mx1.gmail.test", ""};
  for (int hour = 0; hour < 5; ++hour) {
    town.pass(1h);
    EXPECT_FALSE(town.world().loop.run(out.server().scheduler().reports().lane_gates({line, "", "", {}})).empty());
  }
  EXPECT_GT(out.waiting(), 5U);
  town.pass(18h + 50min);
  EXPECT_EQ(gmail.accepted(), 20U) << town.story();
}

TEST(WarmupWaiting, WhatOverflowsAtTheDoorLeavesThoseInLineTheirTurn) {
  Town town{seed_from_env_or(72)};
  auto& gmail = town.receiver("gmail.test");
  auto& relay = town.receiver("relay.test");
  auto& out = town.mta({.plan = plan_of(20, 1.5, 500), .change = [](conf::Config& config) {
                          conf::Source old = config.sources.at(0);
                          old.name = config.pools.at(0).overflow = "old-relay";
                          old.address.clear();
                          old.plan.clear();
                          old.smarthost = "mx1.relay.test:25";
                          old.tls = conf::TlsLevel::may;
                          config.sources.push_back(old);
                          for (auto& each : config.classes) each.when_full = warmup::WhenFull::overflow, each.reserve = 0;
                        }});
  out.submit(20, bulk_to("gmail.test"));
  town.pass(5h);
  const auto before = gmail.accepted();
  EXPECT_LT(before + relay.accepted(), 20U) << town.story();
  out.submit(10, bulk_to("gmail.test"));  // the day has no room for them
  town.pass(18h);
  EXPECT_EQ(gmail.accepted(), 20U) << town.story();
  EXPECT_EQ(relay.accepted(), 10U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupWaiting, LongerThanMaxWaitIsToldOnceADay) {
  Town town{seed_from_env_or(73)};
  town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(20, 1.1, 500), .change = [](conf::Config& config) {
                          for (auto& each : config.classes) each.max_wait = 12h;
                        }});
  out.submit(100, bulk_to("gmail.test"));
  town.pass(24h * 3);
  out.stop();
  Evidence evidence;
  out.read_spool(evidence);
  out.start();
  const auto told = std::count_if(evidence.events.begin(), evidence.events.end(), [](const EventSeen& event) {
    return event.change == "held" && event.text.find("longer than its max_wait") != std::string::npos;
  });
  EXPECT_EQ(told, 3) << town.story();
}

}  // namespace
}  // namespace mta::sim
