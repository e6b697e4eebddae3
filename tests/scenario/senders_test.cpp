// What each From domain sends to each provider is counted over all sources: WARMUP.md §1.
#include <gtest/gtest.h>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

const LaneSeen* sender_of(const Evidence& seen, const std::string& domain, const std::string& provider) {
  const auto found = std::find_if(seen.senders.begin(), seen.senders.end(), [&](const LaneSeen& each) {
    return each.address == "@" + domain && each.provider == provider;
  });
  return found == seen.senders.end() ? nullptr : &*found;
}

Mail from(const std::string& sender, Mail mail) {
  mail.sender = sender;
  return mail;
}

TEST(SenderLedgers, AreOfTheOrganisationalDomainOverAllSourcesAndOneForEachProvider) {
  Town town{seed_from_env_or(201)};
  auto& gmail = town.receiver("gmail.test");
  auto& small = town.receiver("small.test");
  auto& out = town.mta({.sources = {"192.0.2.10", "192.0.2.11"}});
  out.submit(20, from("app@sender.test", to("gmail.test")));
  out.submit(12, from("app@news.sender.test", bulk_to("gmail.test")));
  out.submit(7, from("app@other.test", to("gmail.test")));
  out.submit(3, from("app@sender.test", to("small.test")));
  town.pass(1h);
  ASSERT_EQ(gmail.accepted() + small.accepted(), 42U) << town.story();
  const auto seen = look_into(out);
  ASSERT_EQ(seen.senders.size(), 3U);
  const auto* ours = sender_of(seen, "sender.test", "other:gmail.test");
  ASSERT_NE(ours, nullptr);
  EXPECT_EQ(ours->record.today.sent, 32U);
  EXPECT_EQ(ours->record.today.delivered, 32U);
  EXPECT_EQ(ours->record.reserved(), 0U);
  EXPECT_EQ(sender_of(seen, "other.test", "other:gmail.test")->record.today.sent, 7U);
  EXPECT_EQ(sender_of(seen, "sender.test", "other:small.test")->record.today.sent, 3U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(SenderLedgers, KeepTheirDaysAndOutcomesOverRestartsAndCrashes) {
  Town town{seed_from_env_or(202)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.unknown.insert("user3@gmail.test");
  auto& out = town.mta({});
  out.submit(10, to("gmail.test"));
  town.pass(1h);
  gmail.manners.unknown.clear();
  out.crash_and_restart();
  out.submit(5, bulk_to("gmail.test"));
  town.pass(30h);
  out.restart();
  out.submit(4, bulk_to("gmail.test"));
  town.pass(1h);
  const auto seen = look_into(out);
  const auto* ours = sender_of(seen, "sender.test", "other:gmail.test");
  ASSERT_NE(ours, nullptr);
  EXPECT_EQ(ours->record.today.sent, 4U);
  ASSERT_EQ(ours->record.history.size(), 1U) << town.story();
  const auto& yesterday = *ours->record.history.begin();
  EXPECT_EQ(yesterday.sent, 15U);
  EXPECT_EQ(yesterday.delivered, 14U);
  EXPECT_EQ(yesterday.outcomes.at("unknown_user"), 1U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(SenderLedgers, ADomainIsToldToBeABulkSenderOnceAndForAll) {
  Town town{seed_from_env_or(203)};
  town.receiver("gmail.test");
  auto& out = town.mta({});
  Mail many = bulk_to("gmail.test");
  many.recipients.clear();
  for (int n = 0; n < 100; ++n) many.recipients.push_back("user" + std::to_string(n) + "@gmail.test");
  out.submit(49, many);
  town.pass(20h);
  EXPECT_EQ(count_of(look_into(out), "sender"), 0U) << "4,900 a day";
  out.submit(1, many);
  town.pass(1h);
  EXPECT_EQ(count_of(look_into(out), "sender"), 1U);
  town.pass(24h);
  out.submit(51, many);
  town.pass(24h);
  EXPECT_EQ(count_of(look_into(out), "sender"), 1U) << "on the day after it is none the less";
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(SenderLedgers, DoNotCountMailToOurOwnDomains) {
  Town town{seed_from_env_or(204)};
  auto& home = town.receiver("sender.test");
  auto& out = town.mta({.change = [](conf::Config& config) { config.warmup.exempt = {"sender.test"}; }});
  out.submit(8, to("sender.test"));
  town.pass(1h);
  ASSERT_EQ(home.accepted(), 8U) << town.story();
  EXPECT_TRUE(look_into(out).senders.empty());
}

// A greylisted recipient's place is kept and given back in the sender's ledger as in the lane.
TEST(SenderLedgers, KeepPlacesAndGiveThemBackWithTheLane) {
  Town town{seed_from_env_or(205)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.greylist = 20min;
  auto& out = town.mta({.plan = at_once(50), .change = no_reserves});
  out.submit(10, to("gmail.test"));
  town.pass(2min);
  auto seen = look_into(out);
  const auto* ours = sender_of(seen, "sender.test", "other:gmail.test");
  ASSERT_NE(ours, nullptr) << town.story();
  EXPECT_EQ(ours->record.pending(), 10U);
  town.pass(3h);
  seen = look_into(out);
  ours = sender_of(seen, "sender.test", "other:gmail.test");
  EXPECT_EQ(ours->record.pending() + ours->record.reserved(), 0U);
  EXPECT_EQ(ours->record.today.sent, 10U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
