// The main job in a town: mail comes in, is kept, goes out, is tried again, comes back.
#include <gtest/gtest.h>

#include "tests/sim/town.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

Mail to_one(const std::string& recipient) {
  Mail mail;
  mail.recipients = {recipient};
  return mail;
}

TEST(FirstMail, IsDeliveredToTheOctetFromTheAddressOfItsSource) {
  Town town{seed_from_env_or(1)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta();
  out.submit(1, to("gmail.test"));
  town.pass(1min);
  ASSERT_EQ(gmail.accepted(), 1U) << town.story();
  EXPECT_EQ(gmail.copies()[0].letter->client.to_string(), "192.0.2.10");
  EXPECT_EQ(gmail.copies()[0].letter->helo, "mta1.sender.test");
  EXPECT_EQ(out.waiting(), 0U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(FirstMail, ATownMayEndInTheMiddleOfAConversation) {  // for the sanitizers: nothing is touched that has gone
  for (const Duration when : {Duration(1ms), Duration(20ms), Duration(100ms), Duration(300ms), Duration(1s), Duration(3s)}) {
    Town town{seed_from_env_or(1)};
    auto& gmail = town.receiver("gmail.test");
    town.world().net.everywhere().latency = 50ms;
    auto& out = town.mta();
    out.submit(100, to("gmail.test"));
    town.pass(when);
    out.crash_and_restart();
    out.submit(100, to("gmail.test"));
    town.pass(when);
    EXPECT_LT(gmail.accepted(), 200U);
  }
}

TEST(FirstMail, AThousandArriveOnceEach) {
  Town town{seed_from_env_or(2)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta();
  out.submit(1000, to("gmail.test"));
  town.pass(30min);
  EXPECT_EQ(gmail.accepted(), 1000U) << town.story();
  EXPECT_LT(gmail.connections(), 200U);  // connections are used again
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(FirstMail, AGreylisterGetsTheSameTripleAgainAndLetsItIn) {
  Town town{seed_from_env_or(3)};
  auto& grey = town.receiver("grey.test");
  grey.manners.greylist = 5min;
  auto& out = town.mta({.sources = {"192.0.2.10", "192.0.2.11"}});
  out.submit(20, to("grey.test"));
  town.pass(4min);
  EXPECT_EQ(grey.accepted(), 0U) << town.story();
  town.pass(20min);
  EXPECT_EQ(grey.accepted(), 20U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(FirstMail, OneRecipientsTroubleDoesNotStallTheSite) {
  Town town{seed_from_env_or(4)};
  auto& mx = town.receiver("gmail.test");
  mx.manners.recipient_replies["user1@gmail.test"] = "450 4.2.1 The user you are trying to contact is receiving mail too quickly";
  auto& out = town.mta();
  out.submit(50, to("gmail.test"));
  town.pass(5min);
  EXPECT_EQ(mx.accepted(), 49U) << town.story();
  mx.now_behaves();
  town.pass(1h);
  EXPECT_EQ(mx.accepted("user1@gmail.test"), 1U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(FirstMail, AnUnknownUserComesBackToTheSender) {
  Town town{seed_from_env_or(5)};
  auto& gmail = town.receiver("gmail.test");
  auto& home = town.receiver("sender.test");
  gmail.manners.unknown = {"nobody@gmail.test"};
  auto& out = town.mta();
  out.submit(to_one("nobody@gmail.test"));
  town.pass(10min);
  EXPECT_EQ(gmail.accepted(), 0U);
  ASSERT_EQ(home.accepted("app@sender.test"), 1U) << town.story();
  const ReceivedMessage& report = *home.copies()[0].letter;
  EXPECT_EQ(report.sender, "");
  EXPECT_NE(report.body.find("Final-Recipient: rfc822; nobody@gmail.test"), std::string::npos) << report.body;
  EXPECT_NE(report.body.find("5.1.1"), std::string::npos) << report.body;
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(FirstMail, ABounceThatCannotBeDeliveredDoesNotBounce) {
  Town town{seed_from_env_or(6)};
  town.receiver("gmail.test").manners.unknown = {"nobody@gmail.test"};
  town.receiver("sender.test").manners.unknown = {"app@sender.test"};
  auto& out = town.mta();
  out.submit(to_one("nobody@gmail.test"));
  town.pass(1h);
  EXPECT_EQ(out.waiting(), 0U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(FirstMail, AHostThatIsDownIsPassedOverForTheNext) {
  Town town{seed_from_env_or(7)};
  auto& first = town.receiver("gmail.test");
  auto& second = town.another_host("gmail.test", 20);
  first.close();
  auto& out = town.mta();
  out.submit(10, to("gmail.test"));
  town.pass(10min);
  EXPECT_EQ(second.accepted(), 10U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(FirstMail, ADeadSiteIsKnockedAtRarelyAndGetsItsMailWhenItIsBack) {
  Town town{seed_from_env_or(8)};
  auto& mx = town.receiver("gmail.test");
  town.world().net.link(mx.endpoint().address).reach = Reach::silent;
  auto& out = town.mta();
  out.submit(200, to("gmail.test"));
  const auto before = town.world().net.connects();
  town.pass(12h);
  EXPECT_LT(town.world().net.connects() - before, 40U) << town.story();  // a probe an hour, and the clients
  town.world().net.link(mx.endpoint().address).reach = Reach::open;
  town.pass(2h);
  EXPECT_EQ(mx.accepted(), 200U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(FirstMail, MailForADomainThatDoesNotExistBouncesAndADnsFailureDoesNot) {
  Town town{seed_from_env_or(9)};
  town.receiver("gmail.test");
  auto& home = town.receiver("sender.test");
  town.world().resolver.fails("gmail.test");
  auto& out = town.mta();
  out.submit(to_one("a@nowhere.test"));
  out.submit(to_one("a@gmail.test"));
  town.pass(30min);
  EXPECT_EQ(home.accepted(), 1U) << town.story();
  EXPECT_EQ(out.waiting(), 1U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(FirstMail, WhatCannotBeDeliveredInItsLifetimeExpiresWithAReport) {
  Town town{seed_from_env_or(10)};
  auto& home = town.receiver("sender.test");
  auto& mx = town.receiver("gmail.test");
  mx.now_answers("451 4.3.0 try later", Stage::rcpt);
  auto& out = town.mta();
  out.submit(3, to("gmail.test"));
  town.pass(24h * 4);
  EXPECT_EQ(home.accepted(), 0U) << town.story();
  town.pass(24h * 3);
  EXPECT_EQ(home.accepted(), 3U) << town.story();
  EXPECT_EQ(out.waiting(), 0U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
