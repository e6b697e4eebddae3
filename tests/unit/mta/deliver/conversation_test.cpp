#include "tests/unit/mta/deliver/conversation_fixture.h"

namespace mta::testing {
namespace {

TEST_F(ConversationTest, AMessageIsSaidToTheMxAndSettledAsDelivered) {
  mx1().plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
  EXPECT_EQ(outcome().mx, "mx1.example.org");
  EXPECT_EQ(outcome().remote, "192.0.2.25:25");
  EXPECT_TRUE(outcome().dot_sent);
  EXPECT_TRUE(settled().wants_more);
  EXPECT_EQ(mx1().bodies.at(0), "DKIM-Signature: v=1\r\nSubject: hi\r\n\r\nhello\r\n.\r\n");
  EXPECT_EQ(mx1().commands.at(0), "EHLO out1.example.com");
  EXPECT_EQ(mx1().commands.back(), "QUIT");
}

TEST_F(ConversationTest, TheSourcesAddressIsBound) {
  world.net.own_only({asio::ip::make_address("203.0.113.10")});
  mx1().plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
}

TEST_F(ConversationTest, EverybodyGetsTheirOwnAnswer) {
  mx1().plays("220 mx\r\n", {{"EHLO", "250 mx\r\n"},
                             {"MAIL", "250 ok\r\n"},
                             {"RCPT", "250 ok\r\n"},
                             {"RCPT", "550 5.1.1 no such user\r\n"},
                             {"RCPT", "450 4.2.1 later\r\n"},
                             {"DATA", "354 go\r\n"},
                             {"DOT", "250 ok\r\n"},
                             {"QUIT", "221 bye\r\n"}});
  converse({"b@example.org", "c@example.org", "d@example.org"});
  EXPECT_EQ(outcome(0).verdict, Verdict::delivered);
  EXPECT_EQ(outcome(1).verdict, Verdict::unknown_user);
  EXPECT_FALSE(outcome(1).dot_sent);
  EXPECT_TRUE(outcome(2).reply.transient());
}

TEST_F(ConversationTest, TheNextMessageUsesTheSameConnection) {
  auto script = takes();
  const auto again = takes();
  script.pop_back();
  script.insert(script.end(), again.begin() + 1, again.end());
  mx1().plays("220 mx\r\n", script);
  desk.waiting.push_back(assignment({"c@example.org"}));
  converse();
  EXPECT_EQ(mx1().connections, 1U);
  EXPECT_EQ(outcome(0, 1).verdict, Verdict::delivered);
  EXPECT_TRUE(mx1().surprises.empty());
}

TEST_F(ConversationTest, TheProvidersLimitOfMessagesEndsTheConnection) {
  conf::Provider provider;
  provider.name = "small";
  provider.mx = {"mx1.example.org"};
  provider.messages_per_connection = 1;
  config->providers = {provider};
  mx1().plays("220 mx\r\n", takes());
  Assignment first = assignment({"b@example.org"});
  first.queue.provider = "small";
  converse(first);
  EXPECT_FALSE(settled().wants_more);
}

TEST_F(ConversationTest, AReusedConnectionThatIsDeadIsReplacedSilently) {
  auto script = takes();
  script.back() = {"MAIL", "", Then::close};
  mx1().plays("220 mx\r\n", script);
  mx1().plays("220 mx\r\n", takes());
  desk.waiting.push_back(assignment({"c@example.org"}));
  converse();
  EXPECT_EQ(mx1().connections, 2U);
  EXPECT_EQ(outcome(0, 1).verdict, Verdict::delivered);
}

TEST_F(ConversationTest, AReusedConnectionThatSaysTimeIsUpIsReplacedSilently) {
  auto script = takes();
  script.back() = {"MAIL", "421 4.4.2 idle too long\r\n", Then::close};
  mx1().plays("220 mx\r\n", script);
  mx1().plays("220 mx\r\n", takes());
  desk.waiting.push_back(assignment({"c@example.org"}));
  converse();
  EXPECT_EQ(outcome(0, 1).verdict, Verdict::delivered);
}

TEST_F(ConversationTest, RecipientsOverTheServersLimitFollowInANewTransaction) {
  mx1().plays("220 mx\r\n", {{"EHLO", "250 mx\r\n"},
                             {"MAIL", "250 ok\r\n"},
                             {"RCPT TO:<b@", "250 ok\r\n"},
                             {"RCPT TO:<c@", "452 4.5.3 too many recipients\r\n"},
                             {"DATA", "354 go\r\n"},
                             {"DOT", "250 ok\r\n"},
                             {"MAIL", "250 ok\r\n"},
                             {"RCPT TO:<c@", "250 ok\r\n"},
                             {"DATA", "354 go\r\n"},
                             {"DOT", "250 ok\r\n"},
                             {"QUIT", "221 bye\r\n"}});
  converse({"b@example.org", "c@example.org"});
  EXPECT_EQ(outcome(0).verdict, Verdict::delivered);
  EXPECT_EQ(outcome(1).verdict, Verdict::delivered);
  EXPECT_EQ(mx1().bodies.size(), 2U);
  EXPECT_TRUE(mx1().surprises.empty());
}

TEST_F(ConversationTest, AServerThatTakesNobodyMoreIsNotAskedForEver) {
  mx1().plays(
      "220 mx\r\n",
      {{"EHLO", "250 mx\r\n"}, {"MAIL", "250 ok\r\n"}, {"RCPT", "452 4.5.3 too many recipients\r\n"}, {"QUIT", "221 bye\r\n"}});
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::too_many_rcpts);
}

TEST_F(ConversationTest, ALineLostBeforeTheDotIsAFailedConnection) {
  mx1().plays("220 mx\r\n", {{"EHLO", "250 mx\r\n"},
                             {"MAIL", "250 ok\r\n"},
                             {"RCPT", "550 5.1.1 no\r\n"},
                             {"RCPT", "250 ok\r\n"},
                             {"DATA", "", Then::close}});
  converse({"b@example.org", "c@example.org"});
  EXPECT_EQ(outcome(0).verdict, Verdict::unknown_user);
  EXPECT_EQ(outcome(1).verdict, Verdict::connection_failed);
  EXPECT_EQ(outcome(1).reply.enhanced, "4.4.2");
  EXPECT_EQ(outcome(1).mx, "");
  EXPECT_FALSE(outcome(1).dot_sent);
  EXPECT_FALSE(settled().wants_more);
}

TEST_F(ConversationTest, ALineLostAfterTheDotMayHaveDelivered) {
  mx1().plays(
      "220 mx\r\n",
      {{"EHLO", "250 mx\r\n"}, {"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"DATA", "354 go\r\n"}, {"DOT", "", Then::close}});
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::temporary);
  EXPECT_TRUE(outcome().dot_sent);
}

TEST_F(ConversationTest, A421InTheMiddleAnswersForAllThatWasOpen) {
  mx1().plays("220 mx\r\n", {{"EHLO", "250 mx\r\n"},
                             {"MAIL", "250 ok\r\n"},
                             {"RCPT", "250 ok\r\n"},
                             {"RCPT", "421 4.3.2 shutting down\r\n", Then::close}});
  converse({"b@example.org", "c@example.org", "d@example.org"});
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(outcome(i).reply.code, 421) << i;
  EXPECT_FALSE(settled().wants_more);
}

TEST_F(ConversationTest, AMissingChunkIsOursNotTheServers) {
  desk.chunks = {"Subject: hi\r\n\r\n", "gone"};
  const Assignment first = assignment({"b@example.org"});
  desk.chunks.pop_back();
  mx1().plays("220 mx\r\n", {{"EHLO", "250 mx\r\n"}, {"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"DATA", "354 go\r\n"}});
  converse(first);
  EXPECT_EQ(outcome().reply.enhanced, "4.3.0");
  EXPECT_FALSE(outcome().dot_sent);
  EXPECT_FALSE(settled().site_failed);
}

TEST_F(ConversationTest, TlsFactsAreToldWithTheSettlement) {
  auto script = takes();
  script.insert(script.begin(), {{"EHLO", "250-mx\r\n250 STARTTLS\r\n"}, {"STARTTLS", "220 go\r\n", Then::start_tls}});
  mx1().plays("220 mx\r\n", script);
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
  EXPECT_TRUE(settled().tls);
}

TEST_F(ConversationTest, EightBitContentIsConvertedWhereItIsNotTaken) {
  eight_bit = true;
  desk.chunks = {"Subject: hi\r\n\r\n\xc3\xa4\r\n"};
  downgrade = [](const std::string&) { return std::optional<std::string>("Subject: hi\r\n\r\n=C3=A4\r\n"); };
  mx1().plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(mx1().bodies.at(0), "Subject: hi\r\n\r\n=C3=A4\r\n.\r\n");  // and the signature that no longer holds is gone
}

TEST_F(ConversationTest, EightBitContentThatCannotBeConvertedGoesAsItIs) {
  eight_bit = true;
  desk.chunks = {"Subject: hi\r\n\r\n\xc3\xa4\r\n"};
  downgrade = [](const std::string&) { return std::optional<std::string>(); };
  mx1().plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
  EXPECT_EQ(mx1().bodies.at(0), "DKIM-Signature: v=1\r\nSubject: hi\r\n\r\n\xc3\xa4\r\n.\r\n");
}

// --- hang-up: shutdown after its grace ---

TEST_F(ConversationTest, HangingUpSettlesWhatWasNotSaidAsUntried) {
  mx1().plays("220 mx\r\n", {{"EHLO", "250 mx\r\n"}, {"MAIL", "250 ok\r\n"}, {"RCPT", "", Then::hang}});
  world.loop.at(std::chrono::seconds(10), [this] { hangup->hang_up(); });
  converse();
  EXPECT_TRUE(outcome().untried);
  EXPECT_FALSE(settled().site_failed);
  EXPECT_LT(world.loop.now(), std::chrono::seconds(11));
}

// --- the line cut at any octet: always one settlement, and dot_sent whenever the server has the message ---

class ConversationCut : public ConversationTest, public ::testing::WithParamInterface<std::uint64_t> {};

TEST_P(ConversationCut, OneSettlementWhateverHappens) {
  world.net.everywhere().cut =
      sim::Cut{GetParam() % 2 == 0 ? sim::Way::to_server : sim::Way::to_client, GetParam() / 2, sim::Cut::How::reset};
  mx1().plays("220 mx\r\n", takes());
  converse();
  ASSERT_EQ(desk.settled.size(), 1U);
  ASSERT_EQ(settled().outcomes.size(), 1U);
  if (!mx1().bodies.empty()) {
    EXPECT_TRUE(outcome().dot_sent);
    EXPECT_FALSE(outcome().untried);
  }
  if (outcome().verdict == Verdict::delivered) {
    EXPECT_FALSE(mx1().bodies.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(AtAnyOctet, ConversationCut, ::testing::Range<std::uint64_t>(0, 380));

}  // namespace
}  // namespace mta::testing
