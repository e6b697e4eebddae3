// What waiting costs, and what ends it: WARMUP.md §4, §6–§9.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "days.h"
#include "mta/scheduler/scheduler_thread.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

TEST(WarmupWaitingRules, AWeekOfWaitingForAPermitCostsNoLifetimeThoughTheDaemonIsKilled) {
  Town town{seed_from_env_or(101)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = unpaced(5, 1.01), .change = [](conf::Config& config) {
                          no_reserves(config);
                          config.sources.at(0).overall = "off";
                        }});
  out.submit(100, bulk_to("gmail.test"));
  town.pass(24h * 7 - 1h);
  gmail.manners.delays[Stage::dot] = 20s;
  town.pass(1h + 5s);
  ASSERT_GT(gmail.open_sessions(), 0U) << town.story();
  out.crash_and_restart();
  const auto seen = look_into(out);
  std::size_t tried = 0;
  for (const auto& row : seen.rows) {
    if (row.recipient.attempts == 0) continue;
    ++tried;
    EXPECT_GE(row.recipient.backoff_used, 5min) << row.recipient.address;
    EXPECT_LE(row.recipient.backoff_used, 10min) << row.recipient.address;
  }
  EXPECT_GT(tried, 0U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

// --- a reload ------------------------------------------------------------------------------------------------------------------------

Daemon& held_daemon(Town& town) {
  return town.mta({.sources = {"192.0.2.10", "192.0.2.11"}, .plan = unpaced(10), .change = [](conf::Config& config) {
                     no_reserves(config);
                     add_relay(config);
                     config.pools.at(0).overflow.clear();
                     config.pools.at(0).sources = {"ip-1"};
                   }});
}

TEST(WarmupReload, WhatWaitsForAPermitMovesAtOnceWhenTheNewConfigurationGivesOne) {
  using Change = std::function<void(conf::Config&)>;
  const std::vector<std::pair<std::size_t, Change>> changes = {
      {10,
       [](conf::Config& config) {
         config.pools.at(0).sources = {"ip-1", "ip-2"};
       }},
      {20, [](conf::Config& config) { config.sources.at(0).plan.clear(); }},
      {20,
       [](conf::Config& config) {
         config.pools.at(0).overflow = "old-relay";
         for (auto& each : config.classes) each.when_full = warmup::WhenFull::overflow;
       }},
  };
  for (const auto& [more, change] : changes) {
    Town town{seed_from_env_or(102)};
    auto& gmail = town.receiver("gmail.test");
    auto& relay = town.receiver("relay.test");
    auto& out = held_daemon(town);
    out.submit(30, bulk_to("gmail.test"));
    town.pass(2h);
    ASSERT_EQ(gmail.accepted(), 10U) << town.story();
    conf::Config config = out.config();
    change(config);
    out.server().reload(config);
    town.pass(2min);
    EXPECT_EQ(gmail.accepted() + relay.accepted(), 10U + more) << town.story();
    out.config() = config;
    EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
  }
}

TEST(WarmupReload, HundredsOfLinesThatSleepAreServedInSteps) {
  Town town{seed_from_env_or(103)};
  constexpr std::size_t sites = 450;
  std::vector<Receiver*> receivers;
  for (std::size_t i = 0; i < sites; ++i) receivers.push_back(&town.receiver("site" + std::to_string(i) + ".test"));
  auto& out = held_daemon(town);
  for (std::size_t i = 0; i < sites; ++i) out.submit(bulk_to("site" + std::to_string(i) + ".test"));
  town.pass(7h);
  const auto accepted = [&] {
    return std::accumulate(receivers.begin(), receivers.end(), std::size_t{0},
                           [](std::size_t sum, const Receiver* each) { return sum + each->accepted(); });
  };
  ASSERT_LE(accepted(), 50U) << town.story();  // the source's total
  conf::Config config = out.config();
  config.sources.at(0).plan.clear();
  out.server().reload(config);
  town.pass(5min);
  EXPECT_EQ(accepted(), sites) << town.story();
  out.config() = config;
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

// --- the overflow --------------------------------------------------------------------------------------------------------------------

TEST(WarmupOverflow, ARelayThatDoesNotAnswerKeepsNobodyFromThePoolsOwnLanes) {
  Town town{seed_from_env_or(104)};
  auto& gmail = town.receiver("gmail.test");
  auto& relay = town.receiver("relay.test");
  relay.close();
  auto& out = town.mta({.plan = unpaced(40), .change = [](conf::Config& config) {
                          overflow_when_full(config);
                          add_relay(config);
                        }});
  out.submit(150, bulk_to("gmail.test"));
  town.pass(24h * 3);  // 40, 60, 90
  EXPECT_EQ(gmail.accepted(), 150U) << town.story();
  EXPECT_EQ(count_of(look_into(out), "expired"), 0U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupOverflow, ARelayThatAnswersAgainTakesTheRest) {
  Town town{seed_from_env_or(105)};
  auto& gmail = town.receiver("gmail.test");
  auto& relay = town.receiver("relay.test");
  relay.close();
  auto& out = town.mta({.plan = unpaced(20), .change = [](conf::Config& config) {
                          overflow_when_full(config);
                          add_relay(config);
                        }});
  out.submit(100, bulk_to("gmail.test"));
  town.pass(3h);
  EXPECT_EQ(gmail.accepted(), 20U) << town.story();
  relay.open();
  town.pass(4h);
  EXPECT_EQ(relay.accepted(), 80U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupOverflow, NobodyExpiresForARelayThatIsDeadLongerThanALifetime) {
  Town town{seed_from_env_or(106)};
  auto& gmail = town.receiver("gmail.test");
  town.receiver("sender.test");
  town.receiver("relay.test").close();
  auto& out = town.mta({.plan = unpaced(10, 1.01), .change = [](conf::Config& config) {
                          overflow_when_full(config);
                          add_relay(config);
                        }});
  out.submit(90, bulk_to("gmail.test"));
  town.pass(24h * 10);
  EXPECT_EQ(gmail.accepted(), 90U) << town.story();
  EXPECT_EQ(count_of(look_into(out), "expired"), 0U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupOverflow, ASecondAddressThatWarmsUpAsOverflowLeavesTheFirstItsMail) {
  Town town{seed_from_env_or(107)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.sources = {"192.0.2.10", "192.0.2.11"}, .plan = unpaced(20), .change = [](conf::Config& config) {
                          overflow_when_full(config);
                          config.pools.at(0).sources = {"ip-1"};
                          config.pools.at(0).overflow = "ip-2";
                        }});
  out.submit(190, bulk_to("gmail.test"));
  town.pass(24h * 3);  // 20, 30, 45 each
  EXPECT_EQ(sent_by(gmail, "192.0.2.10"), 95U) << town.story();
  EXPECT_EQ(sent_by(gmail, "192.0.2.11"), 95U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupOverflow, WhatAHeldOverflowKeepsGoesByThePoolWhenThatOpensFirst) {
  Town town{seed_from_env_or(108)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.sources = {"192.0.2.10", "192.0.2.11"}, .plan = unpaced(20), .change = [](conf::Config& config) {
                          overflow_when_full(config);
                          config.pools.at(0).sources = {"ip-1"};
                          config.pools.at(0).overflow = "ip-2";
                          auto slow = config.plans.at(0);
                          slow.name = "slow";
                          slow.start = 200;
                          slow.hourly = 0.01;  // ten an hour
                          config.plans.push_back(slow);
                          config.sources.at(1).plan = "slow";
                        }});
  out.submit(bulk_to("gmail.test"));
  town.pass(20h);
  out.submit(149, bulk_to("gmail.test"));
  town.pass(3h + 50min);
  const auto kept = sent_by(gmail, "192.0.2.11");
  ASSERT_EQ(sent_by(gmail, "192.0.2.10"), 20U) << town.story();
  ASSERT_LE(kept, 40U) << town.story();
  town.pass(14h);  // the new day
  EXPECT_EQ(sent_by(gmail, "192.0.2.10"), 50U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

// --- what counts ---------------------------------------------------------------------------------------------------------------------

const LaneSeen* lane_to(const Evidence& seen, const std::string& provider) {
  const auto found =
      std::find_if(seen.lanes.begin(), seen.lanes.end(), [&](const LaneSeen& each) { return each.provider == provider; });
  return found == seen.lanes.end() ? nullptr : &*found;
}

TEST(WarmupCounts, AGreylistRetryThatIsDeliveredIsNoAttempt) {
  Town town{seed_from_env_or(114)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.greylist = 5min;
  auto& out = town.mta({.plan = unpaced(40)});
  out.submit(10, bulk_to("gmail.test"));
  town.pass(2h);
  ASSERT_EQ(gmail.accepted(), 10U) << town.story();
  const auto seen = look_into(out);
  const auto* lane = lane_to(seen, "other:gmail.test");
  ASSERT_NE(lane, nullptr);
  EXPECT_EQ(lane->record.today.attempts, 10U) << town.story();
  EXPECT_EQ(lane->record.today.delivered, 10U);
}

TEST(WarmupCounts, WhatWeRefuseOurselvesSaysNothingOfALanesHealth) {
  Town town{seed_from_env_or(115)};
  auto& gmail = town.receiver("gmail.test");
  town.receiver("sender.test");
  gmail.manners.size = 1;  // octet: all is too large for it, and we know
  auto& out = town.mta({.plan = unpaced(40)});
  out.submit(10, bulk_to("gmail.test"));
  town.pass(1h);
  const auto seen = look_into(out);
  EXPECT_EQ(count_of(seen, "bounced"), 10U) << town.story();
  const auto* lane = lane_to(seen, "other:gmail.test");
  if (lane != nullptr) {
    EXPECT_EQ(lane->record.today.health.answered, 0U);
    EXPECT_EQ(lane->record.today.attempts, 0U);
  }
  EXPECT_EQ(gmail.dots().size(), 0U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

// One lane is braked, the other grants and has no connection to spare: no reason to send mail to the overflow and back.
TEST(WarmupOverflow, AHeadThatOnlyLacksAConnectionStaysWhereItIs) {
  Town town{seed_from_env_or(77)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.delays[Stage::dot] = 10min;
  auto& out = town.mta({.sources = {"192.0.2.10", "192.0.2.11", "192.0.2.12"},
                        .plan = plan_of(500, 1.5, 5000),
                        .change = [](conf::Config& config) {
                          conf::Provider google;
                          google.name = "google";
                          google.mx = {"*.gmail.test"};
                          google.connections = 1;
                          std::erase_if(config.providers, [](const auto& each) { return each.name == "google"; });
                          config.providers.insert(config.providers.begin(), google);
                          config.pools.at(0).sources = {"ip-1", "ip-2"};
                          config.pools.at(0).overflow = "ip-3";
                          for (auto& each : config.classes) {
                            each.reserve = 0;
                            each.max_wait = 1min;
                            each.on_max_wait = warmup::OnMaxWait::overflow;
                          }
                        }});
  warmup::LaneCommandRequest pause;
  pause.command = warmup::LaneCommand::pause;
  town.world().loop.run(out.server().scheduler().lane_command("ip-1", "google", pause));
  out.submit(38, bulk_to("gmail.test"));  // one by ip-2, an hour's share of 21 by the overflow, and the rest
  town.pass(3h);
  EXPECT_GE(gmail.accepted(), 15U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
