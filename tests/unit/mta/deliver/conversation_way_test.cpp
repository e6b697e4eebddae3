#include "tests/unit/mta/deliver/conversation_fixture.h"

namespace mta::testing {
namespace {

// Where mail goes, and what happens when it cannot.

TEST_F(ConversationTest, ARefusedConnectionMeansTheNextMx) {
  world.net.link(asio::ip::make_address("192.0.2.25")).reach = sim::Reach::refused;
  mx2().plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
  EXPECT_EQ(outcome().mx, "mx2.example.org");
}

class RefusedBanner : public ConversationTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(RefusedBanner, MeansTheNextMx) {
  mx1().plays(GetParam(), {});
  mx2().plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().mx, "mx2.example.org");
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
}

INSTANTIATE_TEST_SUITE_P(OfAnyKind, RefusedBanner,
                         ::testing::Values("554 5.3.2 not here\r\n", "421 4.3.2 too busy\r\n", "450 later\r\n",
                                           "HTTP/1.1 400\r\n"));

TEST_F(ConversationTest, A421ToMailMeansTheNextMx) {
  mx1().plays("220 mx\r\n", {{"EHLO", "250 mx\r\n"}, {"MAIL", "421 4.3.2 closing\r\n", Then::close}});
  mx2().plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().mx, "mx2.example.org");
}

TEST_F(ConversationTest, ALineLostBeforeTheAnswerToMailMeansTheNextMx) {
  mx1().plays("220 mx\r\n", {{"EHLO", "250 mx\r\n"}, {"MAIL", "", Then::close}});
  mx2().plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
}

TEST_F(ConversationTest, WhenAllFailTheSiteWaitsAndNobodyWasTried) {
  mx1().plays("554 5.7.1 no service for you\r\n", {});
  mx2();
  world.net.link(asio::ip::make_address("192.0.2.26")).reach = sim::Reach::refused;
  converse({"b@example.org", "c@example.org"});
  EXPECT_TRUE(settled().site_failed);
  EXPECT_NE(settled().site_reason.find("no service for you"), std::string::npos);  // the server's words before ours
  for (std::uint32_t i = 0; i < 2; ++i) EXPECT_TRUE(outcome(i).untried);
}

TEST_F(ConversationTest, ADeadSiteIsAFailedConnection) {
  world.net.link(asio::ip::make_address("192.0.2.25")).reach = sim::Reach::silent;
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::connection_failed);
  EXPECT_EQ(outcome().reply.enhanced, "4.4.1");
  EXPECT_TRUE(outcome().untried);
  EXPECT_TRUE(settled().site_failed);
}

TEST_F(ConversationTest, AtMostFiveAddressesAreTried) {
  for (int i = 0; i < 9; ++i) world.resolver.address("mx1.example.org", "198.51.100." + std::to_string(i + 1));
  world.net.everywhere().reach = sim::Reach::refused;
  converse();
  EXPECT_EQ(world.net.connects(), most_addresses);
}

TEST_F(ConversationTest, OneHostWithManyAddressesDoesNotHideTheNext) {
  for (int i = 0; i < 9; ++i) world.resolver.address("mx1.example.org", "198.51.100." + std::to_string(i + 1));
  mx2().plays("220 mx\r\n", takes());
  world.net.weather([](sim::Link& link, const Endpoint&, const Endpoint& to) {
    if (to.address != asio::ip::make_address("192.0.2.26")) link.reach = sim::Reach::refused;
  });
  converse();
  EXPECT_EQ(outcome().mx, "mx2.example.org");
}

TEST_F(ConversationTest, AGreylistedRecipientIsWaitedForAtItsHost) {
  mx2().plays("220 mx\r\n", takes());
  mx1();
  bound_mx = "mx2.example.org";
  converse();
  EXPECT_EQ(outcome().mx, "mx2.example.org");
}

TEST_F(ConversationTest, OnlyAddressesOfTheSourcesFamilyAreDialled) {
  world.resolver.forget("mx1.example.org", RecordType::a);
  world.resolver.address("mx1.example.org", "2001:db8::25");
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::connection_failed);
  EXPECT_EQ(world.net.connects(), 0U);
  EXPECT_NE(outcome().reply.text().find("IPv4"), std::string::npos);
}

TEST_F(ConversationTest, LoopbackIsRefusedUnlessAllowed) {
  world.resolver.forget("mx1.example.org", RecordType::a);
  world.resolver.address("mx1.example.org", "127.0.0.1");
  server_at("127.0.0.1").plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(world.net.connects(), 0U);
  EXPECT_TRUE(outcome().reply.permanent());
  EXPECT_FALSE(outcome().untried);
}

TEST_F(ConversationTest, LoopbackIsDialledWhenAllowed) {
  config->delivery.allow_loopback = true;
  world.resolver.forget("mx1.example.org", RecordType::a);
  world.resolver.address("mx1.example.org", "127.0.0.1");
  server_at("127.0.0.1").plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
}

TEST_F(ConversationTest, AnAddressThatNoMxMayNameIsPassedOverForTheNext) {
  config->delivery.allow_loopback = true;
  world.resolver.forget("mx1.example.org", RecordType::a);
  for (const char* never : {"169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255"})
    world.resolver.address("mx1.example.org", never);
  mx2().plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().mx, "mx2.example.org");
  EXPECT_EQ(world.net.connects(), 1U);
}

TEST_F(ConversationTest, APrivateNetworkIsRefusedWhenTheOperatorSaysSo) {
  world.resolver.forget("mx1.example.org", RecordType::a);
  world.resolver.address("mx1.example.org", "10.0.0.25");
  server_at("10.0.0.25").plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
  desk.settled.clear();
  config->delivery.private_networks = conf::PrivateNetworks::refuse;
  converse();
  EXPECT_EQ(outcome().reply.enhanced, "5.4.4");
  EXPECT_EQ(world.net.connects(), 1U);
}

TEST_F(ConversationTest, OurOwnListenerIsNoDestinationNotEvenOfALiteral) {
  conf::ListenerOptions listener;
  listener.address = "192.0.2.25:25";
  config->listeners = {listener};
  converse(assignment({"b@[192.0.2.25]"}, "192.0.2.25"));
  EXPECT_EQ(world.net.connects(), 0U);
  EXPECT_EQ(outcome().reply.enhanced, "5.4.4");
}

TEST_F(ConversationTest, AHostWithoutAnyAddressIsReturnedButWithOneOfTheOtherFamilyItWaits) {
  world.resolver.forget("mx1.example.org", RecordType::a);
  converse();
  EXPECT_EQ(outcome().reply.enhanced, "5.4.4");
  desk.settled.clear();
  world.resolver.address("mx1.example.org", "2001:db8::25");
  converse();
  EXPECT_EQ(outcome().reply.enhanced, "4.4.1");
}

// --- names ---

TEST_F(ConversationTest, MailToAnotherSiteIsRoutedAgain) {
  converse(assignment({"b@example.org"}, "elsewhere.example.net"));
  EXPECT_TRUE(outcome().rerouted);
  EXPECT_FALSE(settled().site_failed);
}

TEST_F(ConversationTest, NoSuchDomainIsReturned) {
  converse({"b@nowhere.test"});
  EXPECT_EQ(outcome().reply.enhanced, "5.1.2");
  EXPECT_EQ(action(outcome().verdict, outcome().reply.permanent()), Action::bounce);
  EXPECT_FALSE(outcome().untried);
}

TEST_F(ConversationTest, ANullMxIsReturned) {
  world.resolver.mx("nomail.test", 0, "");
  converse({"b@nomail.test"});
  EXPECT_EQ(outcome().reply.code, 556);
  EXPECT_EQ(outcome().reply.enhanced, "5.1.10");
  EXPECT_EQ(action(outcome().verdict, true), Action::bounce);
}

TEST_F(ConversationTest, AnMxThatIsAnAddressIsNamedInTheAnswer) {
  world.resolver.mx("broken.test", 10, "192.0.2.1");
  converse({"b@broken.test"});
  EXPECT_EQ(outcome().reply.enhanced, "5.4.4");
  EXPECT_NE(outcome().reply.text().find("192.0.2.1"), std::string::npos);
}

TEST_F(ConversationTest, WhenDnsDoesNotAnswerTheSiteWaits) {
  world.resolver.fails("example.org");
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::dns_failure);
  EXPECT_EQ(outcome().reply.enhanced, "4.4.3");
  EXPECT_TRUE(outcome().untried);
  EXPECT_TRUE(settled().site_failed);
}

TEST_F(ConversationTest, EachDomainOfOneMessageHasItsOwnFate) {
  world.resolver.mx("sister.test", 10, "mx1.example.org");
  mx1().plays("220 mx\r\n", {{"EHLO", "250 mx\r\n"},
                             {"MAIL", "250 ok\r\n"},
                             {"RCPT TO:<b@", "250 ok\r\n"},
                             {"RCPT TO:<d@", "250 ok\r\n"},
                             {"DATA", "354 go\r\n"},
                             {"DOT", "250 ok\r\n"},
                             {"QUIT", "221 bye\r\n"}});
  converse({"b@example.org", "c@nowhere.test", "d@sister.test"});
  EXPECT_EQ(outcome(0).verdict, Verdict::delivered);
  EXPECT_EQ(outcome(1).reply.enhanced, "5.1.2");
  EXPECT_EQ(outcome(2).verdict, Verdict::delivered);
}

// --- TLS ---

std::vector<Exchange> fails_at_tls() {
  return {{"EHLO", "250-mx\r\n250 STARTTLS\r\n"}, {"STARTTLS", "220 go\r\n", Exchange::Then::start_tls}};
}

TEST_F(ConversationTest, AFailedHandshakeIsNotFollowedByClearTextAtOnce) {
  mx1().plays("220 mx\r\n", fails_at_tls());
  mx1().identity->handshake = sim::Handshake::alerts;
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::tls_required);
  EXPECT_EQ(outcome().reply.enhanced, "4.7.5");
  EXPECT_EQ(mx1().connections, 1U);
  EXPECT_TRUE(mx1().bodies.empty());
}

TEST_F(ConversationTest, ButAfterFiveMinutesInTheQueueItIs) {
  queued_for = std::chrono::seconds(301);
  mx1().plays("220 mx\r\n", fails_at_tls());
  mx1().plays("220 mx\r\n", takes());
  mx1().identity->handshake = sim::Handshake::alerts;
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
  EXPECT_FALSE(settled().tls);
}

TEST_F(ConversationTest, NeverWhenTheOperatorWantsEncryption) {
  queued_for = std::chrono::hours(24);
  config->delivery.tls = conf::TlsLevel::encrypt;
  mx1().plays("220 mx\r\n", fails_at_tls());
  mx1().identity->handshake = sim::Handshake::alerts;
  converse();
  EXPECT_EQ(mx1().connections, 1U);
  EXPECT_TRUE(outcome().untried);
}

// --- smarthosts ---

class SmarthostTest : public ConversationTest {
 protected:
  SmarthostTest() {
    conf::Source& source = config->sources.front();
    source.address = "";
    source.smarthost = "relay.example.net:587";
    source.username = "user";
    source.password = "secret";
    world.resolver.address("relay.example.net", "198.51.100.7");
    relay = std::make_unique<ScriptedServer>(world, "198.51.100.7:587");
  }
  void relay_plays(std::vector<Exchange> rest) {
    rest.insert(rest.begin(), {{"EHLO", "250-relay\r\n250 STARTTLS\r\n"},
                               {"STARTTLS", "220 go\r\n", Then::start_tls},
                               {"EHLO", "250-relay\r\n250 AUTH PLAIN\r\n"}});
    relay->plays("220 relay\r\n", rest);
    relay->start();
  }
  std::unique_ptr<ScriptedServer> relay;
};

TEST_F(SmarthostTest, TakesMailForAnyDomainWithoutAskingDnsForIt) {
  relay_plays({{"AUTH PLAIN", "235 welcome\r\n"},
               {"MAIL", "250 ok\r\n"},
               {"RCPT", "250 ok\r\n"},
               {"DATA", "354 go\r\n"},
               {"DOT", "250 ok\r\n"},
               {"QUIT", "221 bye\r\n"}});
  converse(assignment({"b@nowhere.test"}, "*"));
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
  EXPECT_EQ(world.resolver.questions("nowhere.test"), 0U);
}

TEST_F(SmarthostTest, AWrongPasswordStopsTheSourceNotTheMail) {
  relay_plays({{"AUTH PLAIN", "535 5.7.8 wrong password\r\n"}, {"QUIT", "221 bye\r\n"}});
  converse(assignment({"b@example.org"}, "*"));
  EXPECT_TRUE(outcome().untried);
  EXPECT_EQ(outcome().verdict, Verdict::relay_denied);
  EXPECT_TRUE(settled().site_failed);
}

TEST_F(SmarthostTest, RefusedRelayingStopsTheSourceNotTheMail) {
  relay_plays({{"AUTH PLAIN", "235 welcome\r\n"}, {"MAIL", "530 5.7.0 authentication required\r\n"}, {"QUIT", "221 bye\r\n"}});
  converse(assignment({"b@example.org"}, "*"));
  EXPECT_TRUE(outcome().untried);
  EXPECT_TRUE(settled().site_failed);
}

// --- rehearsal: every delivery goes to one sink, everything else is as in earnest ---

class RehearsalTest : public ConversationTest {
 protected:
  RehearsalTest() {
    config->rehearsal.deliver_to = "127.0.0.1:2526";
    sink = std::make_unique<ScriptedServer>(world, "127.0.0.1:2526");
    world.net.weather([this](sim::Link&, const Endpoint& from, const Endpoint&) { callers.push_back(from.address.to_string()); });
  }
  void sink_plays(const std::vector<Exchange>& script) {
    sink->plays("220 sink\r\n", script);
    sink->start();
  }
  std::unique_ptr<ScriptedServer> sink;
  std::vector<std::string> callers;
};

TEST_F(RehearsalTest, TheSinkGetsTheMailUnderTheNameOfTheTrueServerWhoseAddressNobodyAsks) {
  mx2();
  sink_plays(takes());
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
  EXPECT_EQ(outcome().mx, "mx1.example.org");
  EXPECT_EQ(outcome().remote, "127.0.0.1:2526");
  EXPECT_GE(world.resolver.questions("example.org"), 1U);
  EXPECT_EQ(world.resolver.questions("mx1.example.org"), 0U);
  EXPECT_EQ(mx2().connections, 0U);
}

TEST_F(RehearsalTest, WhatDnsSaysOfADomainHoldsAllTheSame) {
  sink_plays(takes());
  converse(assignment({"b@nowhere.test"}));
  EXPECT_EQ(outcome().reply.enhanced, "5.1.2");
  EXPECT_EQ(sink->connections, 0U);
}

TEST_F(RehearsalTest, ASinkThatDoesNotAnswerIsAFailedSite) {
  world.net.link(asio::ip::make_address("127.0.0.1")).reach = sim::Reach::refused;
  converse();
  EXPECT_TRUE(settled().site_failed);
  EXPECT_EQ(callers.size(), 1U);
}

TEST_F(RehearsalTest, OnlyALoopbackSourceIsBound) {
  sink_plays(takes());
  converse();
  desk.settled.clear();
  config->sources.front().address = "127.0.0.9";
  converse();
  EXPECT_NE(callers.at(0), "203.0.113.10");
  EXPECT_EQ(callers.at(1), "127.0.0.9");
}

TEST_F(RehearsalTest, ACertificateThatNobodyVouchesForIsGoodEnoughForASink) {
  config->delivery.tls = conf::TlsLevel::verify;
  sink_plays(takes());  // offers no STARTTLS at all
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
}

TEST_F(RehearsalTest, ASmarthostsMailGoesThereTooWithoutItsPassword) {
  conf::Source& source = config->sources.front();
  source.address = "";
  source.smarthost = "relay.example.net:587";
  source.username = "user";
  source.password = "secret";
  sink_plays(takes());
  converse(assignment({"b@example.org"}, "*"));
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
  EXPECT_EQ(outcome().mx, "relay.example.net");
  EXPECT_EQ(sink->heard.find("AUTH"), std::string::npos);
}

}  // namespace
}  // namespace mta::testing
