// Who goes first when not all can, and when who waits is looked at: WARMUP.md §2, §5, §6, §8.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

std::size_t accepted_of(const Receiver& receiver, const std::string& word) {
  std::size_t count = 0;
  for (const auto& copy : receiver.copies()) count += copy.recipient.find(word) != std::string::npos ? 1 : 0;
  return count;
}

Mail of_class(const std::string& name, const std::string& recipient) {
  Mail mail = to("gmail.test");
  mail.headers = "X-Warmup-Class: " + name + "\r\n";
  mail.recipients = {recipient};
  return mail;
}

// All hosts of gmail.test and of `also` are one provider.
void make_one_provider(conf::Config& config) {
  conf::Provider google;
  google.name = "google";
  google.mx = {"*.gmail.test", "*.also.test"};
  google.connections = 3;
  std::erase_if(config.providers, [](const auto& each) { return each.name == "google"; });
  config.providers.insert(config.providers.begin(), google);
}

TEST(Turns, ClassesShareTheCapByTheirWeight) {
  Town town{seed_from_env_or(51)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(200, 1.5, 50'000), .change = [](conf::Config& config) {
                          for (auto& each : config.classes) each.reserve = 0;
                          warmup::ClassOptions zeta;
                          zeta.name = "zeta";
                          zeta.weight = 3;
                          config.classes.push_back(zeta);
                        }});
  out.submit(300, of_class("bulk", "bulk{}@gmail.test"));
  out.submit(300, of_class("zeta", "zeta{}@gmail.test"));
  town.pass(24h);
  EXPECT_EQ(gmail.accepted(), 200U) << town.story();
  EXPECT_NEAR(static_cast<double>(accepted_of(gmail, "zeta")), 150, 3) << town.story();
}

TEST(Turns, LanesOfAScarceTotalTakeTurns) {
  Town town{seed_from_env_or(52)};
  std::vector<Receiver*> sites;
  for (int i = 0; i < 8; ++i) sites.push_back(&town.receiver("site" + std::to_string(i) + ".test"));
  auto& out = town.mta({.plan = plan_of(40, 1.5, 50'000), .change = [](conf::Config& config) {
                          for (auto& source : config.sources) source.overall_factor = 4;
                        }});
  for (int i = 0; i < 8; ++i) out.submit(300, bulk_to("site" + std::to_string(i) + ".test"));
  town.pass(24h);
  std::size_t sum = 0;
  for (const auto* site : sites) {
    EXPECT_NEAR(static_cast<double>(site->accepted()), 20, 2);
    sum += site->accepted();
  }
  EXPECT_EQ(sum, 160U) << town.story();
}

TEST(Turns, WithinAClassWhoCameFirstGoesFirst) {
  Town town{seed_from_env_or(53)};
  auto& gmail = town.receiver("gmail.test");
  auto& also = town.receiver("also.test");
  auto& out = town.mta({.plan = plan_of(100, 1.5, 50'000), .change = make_one_provider});
  out.submit(60, bulk_to("gmail.test"));
  town.pass(1h);
  out.submit(500, bulk_to("also.test"));
  town.pass(14h);
  EXPECT_GE(gmail.accepted(), 58U) << town.story();
  EXPECT_GE(also.accepted(), 3U);
  town.pass(9h);
  EXPECT_EQ(gmail.accepted(), 60U);
  EXPECT_EQ(also.accepted(), 40U);
}

TEST(Turns, UrgentMailInsideItsReserveIsNextWhenTheHourOpens) {
  Town town{seed_from_env_or(54)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = unpaced(100)});
  out.submit(500, of_class("bulk", "bulk{}@gmail.test"));
  town.pass(30min);
  EXPECT_EQ(gmail.accepted(), 25U);  // a quarter of the cap in any hour
  out.submit(20, of_class("transactional", "urgent{}@gmail.test"));
  town.pass(35min);
  EXPECT_EQ(accepted_of(gmail, "urgent"), 20U) << town.story();
}

TEST(Turns, AProbeIsTheMostUrgentMailAndAnotherOneEachTime) {
  Town town{seed_from_env_or(55)};
  auto& gmail = town.receiver("gmail.test");
  auto& also = town.receiver("also.test");
  auto& out = town.mta({.plan = unpaced(100), .change = make_one_provider});
  gmail.now_answers("421 4.7.0 unusual rate of mail, try again later");
  also.now_answers("421 4.7.0 unusual rate of mail, try again later");
  out.submit(1, of_class("bulk", "bulk{}@gmail.test"));
  town.pass(1min);
  out.submit(5, of_class("bulk", "bulk{}@also.test"));
  out.submit(6, of_class("transactional", "urgent{}@gmail.test"));
  town.pass(4h);
  out.stop();
  Evidence seen;
  out.read_spool(seen);
  std::vector<std::string> asked;
  for (const auto& event : seen.events) {
    if (event.type == "deferred") asked.push_back(event.recipient);
  }
  ASSERT_GE(asked.size(), 5U) << town.story();
  EXPECT_EQ(asked[0].substr(0, 4), "bulk");
  for (std::size_t i = 1; i < asked.size(); ++i) {
    EXPECT_EQ(asked[i].substr(0, 6), "urgent") << town.story();
    EXPECT_NE(asked[i], asked[i - 1]);
  }
  out.start();
}

TEST(Turns, WhatWaitsLongerThanMaxWaitOverflowsThenAndNotWhenTheDayEnds) {
  Town town{seed_from_env_or(56)};
  auto& gmail = town.receiver("gmail.test");
  auto& relay = town.receiver("relay.test");
  auto plan = unpaced(20);
  plan.hourly = 1;
  auto& out = town.mta({.plan = plan, .change = [](conf::Config& config) {
                          add_relay(config);
                          for (auto& each : config.classes) {
                            each.max_wait = 2h;
                            each.on_max_wait = warmup::OnMaxWait::overflow;
                          }
                        }});
  out.submit(50, bulk_to("gmail.test"));
  town.pass(1h + 50min);
  EXPECT_EQ(relay.accepted(), 0U) << town.story();
  town.pass(20min);
  EXPECT_EQ(gmail.accepted() + relay.accepted(), 50U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(Turns, ManySmallSitesUnderOneTotalAllHaveTheirTurn) {
  Town town{seed_from_env_or(57)};
  auto& host = town.receiver("host.test");
  auto plan = plan_of(60, 1.5, 50'000);
  auto& out = town.mta({.plan = plan});  // the total: 300
  for (int i = 0; i < 270; ++i) {
    const std::string domain = "d" + std::to_string(i) + ".test";
    town.world().resolver.mx(domain, 10, "mx." + domain);
    town.world().resolver.address("mx." + domain, host.endpoint().address.to_string());
    Mail mail = bulk_to(domain);
    mail.recipients = {"a@" + domain};
    out.submit(mail);
  }
  town.pass(24h);
  EXPECT_GE(host.accepted(), 210U) << town.story();  // less what is kept for transactional mail until late
  town.pass(24h);
  EXPECT_EQ(host.accepted(), 270U) << town.story();
}

}  // namespace
}  // namespace mta::sim
