#include "tests/unit/mta/deliver/conversation_fixture.h"

namespace mta::testing {
namespace {

// A server that cannot go on with a message that it has begun to take.
struct GivesUp {
  const char* what;
  std::vector<Exchange> script;
};
class AServerThatGivesUp : public ConversationTest, public ::testing::WithParamInterface<GivesUp> {};

TEST_P(AServerThatGivesUp, MeansTheNextMxAtOnce) {
  mx1().plays("220 mx\r\n", GetParam().script);
  mx2().plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
  EXPECT_EQ(outcome().mx, "mx2.example.org");
  EXPECT_EQ(mx1().connections, 1U);
}

TEST_P(AServerThatGivesUp, IsToldWhenNoOtherTakesIt) {
  mx1().plays("220 mx\r\n", GetParam().script);
  mx2();
  world.net.link(asio::ip::make_address("192.0.2.26")).reach = sim::Reach::refused;
  converse();
  EXPECT_EQ(outcome().reply.code / 100, 4);
  EXPECT_FALSE(outcome().untried);
  EXPECT_EQ(outcome().remote, "192.0.2.25:25");
  EXPECT_FALSE(settled().site_failed);
  EXPECT_TRUE(settled().site_gave_up) << "the other mail of the site waits";
}

constexpr auto ends = Exchange::Then::close;
INSTANTIATE_TEST_SUITE_P(
    Everywhere, AServerThatGivesUp,
    ::testing::Values(
        GivesUp{"Lost_at_rcpt", {{"EHLO", "250 mx\r\n"}, {"MAIL", "250 ok\r\n"}, {"RCPT", "", ends}}},
        GivesUp{"Lost_at_data", {{"EHLO", "250 mx\r\n"}, {"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"DATA", "", ends}}},
        GivesUp{"Closes_at_rcpt", {{"EHLO", "250 mx\r\n"}, {"MAIL", "250 ok\r\n"}, {"RCPT", "421 4.3.2 going down\r\n", ends}}},
        GivesUp{"Closes_at_data",
                {{"EHLO", "250 mx\r\n"},
                 {"MAIL", "250 ok\r\n"},
                 {"RCPT", "250 ok\r\n"},
                 {"DATA", "421 4.3.2 going down\r\n", ends}}}),
    [](const auto& tried) { return std::string(tried.param.what); });

TEST_F(ConversationTest, A421AboutOurRateIsNotCarriedToTheNextMx) {
  mx1().plays(
      "220 mx\r\n",
      {{"EHLO", "250 mx\r\n"}, {"MAIL", "250 ok\r\n"}, {"RCPT", "421 4.7.28 unusual rate of mail from your IP\r\n", ends}});
  mx2().plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::rate_limited);
  EXPECT_EQ(mx2().connections, 0U);
}

// 421 ends the session whatever its enhanced code says.
TEST_F(ConversationTest, A421WithTheCodeOfARecipientMeansTheNextMxToo) {
  for (const char* code : {"4.1.8 domain not found", "4.2.2 quota", "4.1.1 who", "4.7.0 policy"}) {
    for (const char* at : {"MAIL", "RCPT"}) {
      desk.settled.clear();
      servers.clear();
      std::vector<Exchange> script{{"EHLO", "250 mx\r\n"}};
      if (at == std::string("RCPT")) script.push_back({"MAIL", "250 ok\r\n"});
      script.push_back({at, "421 " + std::string(code) + "\r\n", ends});
      mx1().plays("220 mx\r\n", script);
      world.resolver.forget("example.org", RecordType::mx);
      world.resolver.mx("example.org", 10, "mx1.example.org");
      mx2().plays("220 mx\r\n", takes());
      converse();
      EXPECT_EQ(outcome().mx, "mx2.example.org") << code << " to " << at;
    }
  }
}

TEST_F(ConversationTest, OnlyThoseWhoWereNotAnsweredGoOnToTheNextMx) {
  mx1().plays("220 mx\r\n", {{"EHLO", "250 mx\r\n"},
                             {"MAIL", "250 ok\r\n"},
                             {"RCPT", "550 5.1.1 no such user\r\n"},
                             {"RCPT", "421 4.3.2 going down\r\n", ends}});
  std::vector<Exchange> both = takes();
  both.insert(both.begin() + 2, {"RCPT", "250 ok\r\n"});
  mx2().plays("220 mx\r\n", both);
  converse({"b@example.org", "c@example.org", "d@example.org"});
  EXPECT_EQ(outcome(0).verdict, Verdict::unknown_user);
  EXPECT_EQ(mx2().connections, 1U);
  EXPECT_EQ(mx2().heard.find("<b@"), std::string::npos);
  for (const std::uint32_t number : {1U, 2U}) EXPECT_EQ(outcome(number).mx, "mx2.example.org");
}

TEST_F(ConversationTest, MailThatOneServerPutOffTwiceBeginsWithTheNext) {
  mx2().plays("220 mx\r\n", takes());
  mx1().plays("220 mx\r\n", takes());
  Assignment third = assignment({"b@example.org"});
  queue::Recipient& recipient = third.addressees.front().recipient;
  recipient.last.verdict = name(Verdict::temporary);
  recipient.last.mx = "mx1.example.org";
  recipient.attempts = 1;
  converse(third);
  EXPECT_EQ(outcome().mx, "mx1.example.org");  // it may greylist without saying so
  desk.settled.clear();
  recipient.attempts = 2;
  converse(third);
  EXPECT_EQ(outcome().mx, "mx2.example.org");
}

// A handshake that goes well, and a line that is dropped at the first command behind it, is TLS that does not work either.
class TlsThatCarriesNothing : public ConversationTest, public ::testing::WithParamInterface<bool> {
 protected:
  static std::vector<Exchange> drops() {
    std::vector<Exchange> script = {{"EHLO", "250-mx\r\n250 STARTTLS\r\n"}, {"STARTTLS", "220 go\r\n", Then::start_tls}};
    const bool at_ehlo = GetParam();
    script.push_back({"EHLO", at_ehlo ? "" : "250 mx\r\n", at_ehlo ? Then::close : Then::go_on});
    if (!at_ehlo) script.push_back({"MAIL", "", Then::close});
    return script;
  }
};

TEST_P(TlsThatCarriesNothing, IsLeftOutForMailThatHasWaited) {
  queued_for = std::chrono::seconds(301);
  mx1().plays("220 mx\r\n", drops());
  mx1().plays("220 mx\r\n", takes());
  converse();
  EXPECT_EQ(outcome().verdict, Verdict::delivered);
  EXPECT_FALSE(settled().tls);
  EXPECT_TRUE(failed_extensions->of("mx1.example.org", world.stopwatch.now()).starttls);
}

TEST_P(TlsThatCarriesNothing, NotAtOnce) {
  mx1().plays("220 mx\r\n", drops());
  converse();
  EXPECT_EQ(mx1().connections, 1U);
  EXPECT_TRUE(outcome().untried);
}

TEST_P(TlsThatCarriesNothing, NeverWhereEncryptionIsWanted) {
  queued_for = std::chrono::hours(24);
  config->delivery.tls = conf::TlsLevel::encrypt;
  mx1().plays("220 mx\r\n", drops());
  converse();
  EXPECT_EQ(mx1().connections, 1U);
  EXPECT_TRUE(outcome().untried);
}

INSTANTIATE_TEST_SUITE_P(Either, TlsThatCarriesNothing, ::testing::Bool(),
                         [](const auto& tried) { return tried.param ? "Lost_at_ehlo" : "Lost_at_mail"; });

}  // namespace
}  // namespace mta::testing
