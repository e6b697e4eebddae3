// What refusals do to a lane: WARMUP.md §6, §8.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

constexpr const char* rate = "421 4.7.28 unusual rate of mail originating from your IP, temporarily rate limited";
constexpr const char* listed =
    "550 5.7.606 Access denied, banned sending IP [192.0.2.10], ask for removal at https://lists.test/delist";
constexpr const char* blocked = "550 5.7.1 Service unavailable, client host [192.0.2.10] blocked using Spamhaus";

TEST(WarmupReactions, ARateLimitCoolsTheLaneAndProbesFindTheWayBack) {
  Town town{seed_from_env_or(21)};
  auto& gmail = town.receiver("gmail.test");
  auto plan = plan_of(300, 1.2, 50000);
  auto& out = town.mta({.plan = plan});
  gmail.now_answers(rate);
  out.submit(100, bulk_to("gmail.test"));
  town.pass(3h);  // 5, 10, 20, 40, 80 minutes
  EXPECT_GE(gmail.connections(), 3U) << town.story();
  EXPECT_LE(gmail.connections(), 12U) << town.story();
  gmail.now_behaves();
  town.pass(20h);
  EXPECT_EQ(gmail.accepted(), 100U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupReactions, AConfirmedBlockPausesTheLaneAndAnotherSourceCarriesTheMail) {
  Town town{seed_from_env_or(22)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.answers_to[asio::ip::make_address("192.0.2.10")] = blocked;
  auto& out = town.mta({.sources = {"192.0.2.10", "192.0.2.11"}, .plan = plan_of(300, 1.2, 50000)});
  out.submit(50, bulk_to("gmail.test"));
  town.pass(24h);
  EXPECT_EQ(gmail.accepted(), 50U) << town.story();
  for (const auto& copy : gmail.copies()) EXPECT_EQ(copy.letter->client.to_string(), "192.0.2.11");
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupReactions, AnAddressOnAListIsAskedOnceADayAndTheAlertNamesThePage) {
  Town town{seed_from_env_or(27)};
  auto& outlook = town.receiver("outlook.test");
  outlook.manners.answers_to[asio::ip::make_address("192.0.2.10")] = listed;
  auto& out = town.mta({.plan = at_once(100), .change = no_reserves});
  out.submit(1, bulk_to("outlook.test"));
  town.pass(1h);
  EXPECT_EQ(outlook.connections(), 1U) << town.story();
  for (int day = 0; day < 4; ++day) {
    out.submit(10, bulk_to("outlook.test"));
    town.pass(24h);
  }
  EXPECT_LE(outlook.connections(), 6U) << town.story();
  EXPECT_GE(outlook.connections(), 4U) << town.story();
  const auto seen = look_into(out);
  const auto paused =
      std::find_if(seen.events.begin(), seen.events.end(), [](const EventSeen& each) { return each.change == "paused"; });
  ASSERT_NE(paused, seen.events.end()) << town.story();
  EXPECT_NE(paused->text.find("ask for removal at https://lists.test/delist"), std::string::npos) << paused->text;
  EXPECT_NE(paused->text.find("\"alert\":true"), std::string::npos) << paused->text;
  outlook.now_behaves();
  town.pass(25h);
  EXPECT_GE(outlook.accepted(), 10U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupReactions, AListOfUnknownUsersIsChargedAndStopsBulkForTheDay) {
  Town town{seed_from_env_or(23)};
  auto& gmail = town.receiver("gmail.test");
  town.receiver("sender.test");
  for (int i = 1; i <= 200; ++i) gmail.manners.unknown.insert("user" + std::to_string(i) + "@gmail.test");
  auto plan = plan_of(100, 1.5, 5000);
  plan.pace = warmup::Pace::none;
  auto& out = town.mta({.plan = plan});
  out.submit(200, bulk_to("gmail.test"));
  town.pass(23h);
  EXPECT_LE(gmail.refused(), 60U) << town.story();  // not the whole list on a cold address
  out.stop();
  Evidence seen;
  out.read_spool(seen);
  const auto held =
      std::find_if(seen.events.begin(), seen.events.end(), [](const EventSeen& each) { return each.change == "held"; });
  ASSERT_NE(held, seen.events.end()) << town.story();
  EXPECT_NE(held->text.find("\"evidence\":[\"550 5.1.1"), std::string::npos) << held->text;
  out.start();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupReactions, WhatOverflowsGoesByTheOldRelayAndTheRestByTheNewAddress) {
  Town town{seed_from_env_or(24)};
  auto& gmail = town.receiver("gmail.test");
  auto& relay = town.receiver("relay.test");
  auto& out = town.mta({.plan = plan_of(40, 1.5, 5000), .change = [](conf::Config& config) {
                          add_relay(config);
                          for (auto& each : config.classes) each.when_full = warmup::WhenFull::overflow;
                        }});
  out.submit(200, bulk_to("gmail.test"));
  town.pass(24h);
  EXPECT_LE(gmail.accepted(), 40U) << town.story();
  EXPECT_GE(gmail.accepted(), 28U) << town.story();  // 40 less what is kept for transactional mail
  EXPECT_EQ(gmail.accepted() + relay.accepted(), 200U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupReactions, MaxWaitBouncesOnlyWhenTheOperatorWroteIt) {
  for (const bool bounce : {false, true}) {
    Town town{seed_from_env_or(25)};
    auto& gmail = town.receiver("gmail.test");
    auto& home = town.receiver("sender.test");
    auto& out = town.mta({.plan = plan_of(10, 1.1, 5000), .change = [bounce](conf::Config& config) {
                            for (auto& each : config.classes) {
                              each.max_wait = 24h;
                              each.on_max_wait = bounce ? warmup::OnMaxWait::bounce : each.on_max_wait;
                            }
                          }});
    out.submit(60, bulk_to("gmail.test"));
    town.pass(24h * 3);
    EXPECT_LE(gmail.accepted(), 33U);
    EXPECT_EQ(home.accepted() > 0U, bounce) << town.story();  // the reports have a lane, and its cap, of their own
    EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
  }
}

TEST(WarmupReactions, ADayOfRefusalsHoldsTheStage) {
  Town town{seed_from_env_or(26)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(50, 2, 5000)});
  gmail.manners.hourly = 1;
  out.submit(400, bulk_to("gmail.test"));
  town.pass(24h);
  gmail.now_behaves();
  town.pass(24h * 2);
  const auto days = accepted_by_day(gmail, 3);
  EXPECT_LE(days[1], 50U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupReactions, WhoIsInConversationAtMidnightFinishesThoughItsLaneCools) {
  Town town{seed_from_env_or(64)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = at_once(100), .change = no_reserves});
  gmail.manners.pipelining = false;  // DATA is said after midnight
  gmail.manners.recipient_replies["user5@gmail.test"] = rate;
  out.submit(1, bulk_to("gmail.test"));  // the lane's day begins
  town.pass(24h - 20s);
  gmail.manners.delays[Stage::rcpt] = 40s;
  out.submit(3, bulk_to("gmail.test"));
  town.pass(10s);
  gmail.manners.delays[Stage::rcpt] = 15s;
  out.submit(1, bulk_to("gmail.test"));  // refused just after midnight, before the others have heard of their recipients
  town.pass(1min);
  EXPECT_EQ(gmail.accepted(), 4U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
