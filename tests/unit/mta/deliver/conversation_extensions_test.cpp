#include "tests/unit/mta/deliver/conversation_fixture.h"

namespace mta::testing {
namespace {

// Optional extensions that are offered and fail: the mail goes without them, at once, and they are remembered.

class FailingExtension : public ConversationTest {
 protected:
  static std::vector<Exchange> offers(const std::string& extension, std::vector<Exchange> rest) {
    rest.insert(rest.begin(), {"EHLO", "250-mx\r\n250 " + extension + "\r\n"});
    return rest;
  }
  static std::vector<Exchange> taken_by_data() {
    return {{"MAIL", "250 ok\r\n"},
            {"RCPT", "250 ok\r\n"},
            {"DATA", "354 go\r\n"},
            {"DOT", "250 queued\r\n"},
            {"QUIT", "221 bye\r\n"}};
  }
  void must_be_delivered_on(unsigned connections) {
    EXPECT_EQ(outcome().verdict, Verdict::delivered) << outcome().reply.text();
    EXPECT_EQ(mx1().connections, connections);
    EXPECT_TRUE(mx1().surprises.empty()) << ::testing::PrintToString(mx1().surprises);
  }
  void and_the_next_goes_without(const std::string& extension) {
    desk.settled.clear();
    mx1().plays("220 mx\r\n", offers(extension, taken_by_data()));
    converse();
    EXPECT_EQ(outcome().verdict, Verdict::delivered);
    EXPECT_TRUE(mx1().surprises.empty()) << ::testing::PrintToString(mx1().surprises);
  }
};

class RefusedChunk : public FailingExtension, public ::testing::WithParamInterface<const char*> {};

TEST_P(RefusedChunk, MeansDataOnANewConnectionAndTheNextTimeAtOnce) {
  mx1().plays("220 mx\r\n", offers("CHUNKING", {{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"BDAT", GetParam()}}));
  mx1().plays("220 mx\r\n", offers("CHUNKING", taken_by_data()));
  converse();
  must_be_delivered_on(2);
  EXPECT_EQ(outcome().unanswered_dots, 0U);
  and_the_next_goes_without("CHUNKING");
  EXPECT_EQ(mx1().connections, 3U);
}

INSTANTIATE_TEST_SUITE_P(ByAnyCode, RefusedChunk,
                         ::testing::Values("500 what?\r\n", "502 5.5.1 not implemented\r\n", "503 5.5.1 bad sequence\r\n",
                                           "504 5.5.4 no\r\n"));

TEST_F(FailingExtension, ALineThatDropsAtBdatMeansDataAndCountsTheCopyThatMayHaveArrived) {
  mx1().plays("220 mx\r\n", offers("CHUNKING", {{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"BDAT", "", Then::close}}));
  mx1().plays("220 mx\r\n", offers("CHUNKING", taken_by_data()));
  converse();
  must_be_delivered_on(2);
  EXPECT_EQ(outcome().unanswered_dots, 1U);
  EXPECT_EQ(desk.copies, 1U) << "it is asked whether a second copy may leave";
  and_the_next_goes_without("CHUNKING");
}

TEST_F(FailingExtension, WithoutAPermitForASecondCopyTheNextAttemptGoesByData) {
  desk.copies_may_leave = false;
  mx1().plays("220 mx\r\n", offers("CHUNKING", {{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"BDAT", "", Then::close}}));
  converse();
  EXPECT_EQ(mx1().connections, 1U);
  EXPECT_EQ(outcome().unanswered_dots, 1U);
  EXPECT_TRUE(outcome().dot_sent);
  and_the_next_goes_without("CHUNKING");
}

TEST_F(FailingExtension, AChunkRefusedForItsContentIsTheAnswer) {
  mx1().plays("220 mx\r\n",
              offers("CHUNKING",
                     {{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"BDAT", "550 5.7.1 spam\r\n"}, {"QUIT", "221 bye\r\n"}}));
  converse();
  EXPECT_TRUE(outcome().reply.permanent());
  EXPECT_EQ(mx1().connections, 1U);
}

TEST_F(FailingExtension, AServerThatLosesTheFirstOfPipelinedCommandsGetsThemOneByOne) {
  mx1().plays("220 mx\r\n",
              offers("PIPELINING", {{"MAIL", ""}, {"RCPT", "503 5.5.1 need MAIL\r\n"}, {"DATA", "503 5.5.1 need RCPT\r\n"}}));
  mx1().plays("220 mx\r\n", offers("PIPELINING", taken_by_data()));
  converse();
  must_be_delivered_on(2);
  and_the_next_goes_without("PIPELINING");
}

TEST_F(FailingExtension, AServerThatLosesALaterOneToo) {
  mx1().plays("220 mx\r\n", offers("PIPELINING", {{"MAIL", "250 ok\r\n"}, {"RCPT", ""}, {"DATA", "503 5.5.1 need RCPT\r\n"}}));
  mx1().plays("220 mx\r\n", offers("PIPELINING", taken_by_data()));
  converse();
  must_be_delivered_on(2);
}

TEST_F(FailingExtension, AServerThatHangsUpOnPipelinedCommandsToo) {
  mx1().plays("220 mx\r\n", offers("PIPELINING", {{"MAIL", "", Then::close}}));
  mx1().plays("220 mx\r\n", offers("PIPELINING", taken_by_data()));
  converse();
  must_be_delivered_on(2);
}

class RefusedParameter : public FailingExtension, public ::testing::WithParamInterface<const char*> {};

TEST_P(RefusedParameter, IsLeftOutOnTheSameConnection) {
  mx1().plays("220 mx\r\n", offers("SIZE 1000000", {{"MAIL FROM:<a@example.com> SIZE=", GetParam()},
                                                    {"RSET", "250 ok\r\n"},
                                                    {"MAIL FROM:<a@example.com>", "250 ok\r\n"},
                                                    {"RCPT", "250 ok\r\n"},
                                                    {"DATA", "354 go\r\n"},
                                                    {"DOT", "250 queued\r\n"},
                                                    {"QUIT", "221 bye\r\n"}}));
  converse();
  must_be_delivered_on(1);
  EXPECT_EQ(mx1().commands.at(3), "MAIL FROM:<a@example.com>");
  and_the_next_goes_without("SIZE 1000000");
  EXPECT_EQ(mx1().commands.at(8), "MAIL FROM:<a@example.com>");
}

INSTANTIATE_TEST_SUITE_P(ByAnyCode, RefusedParameter,
                         ::testing::Values("501 Syntax error in parameters\r\n", "504 5.5.4 no such parameter\r\n",
                                           "555 5.5.4 Unsupported option\r\n", "550 5.5.4 Unsupported option: SIZE\r\n"));

TEST_F(FailingExtension, AnAddressThatIsRefusedWithoutParametersTooIsRefusedAndNothingRemembered) {
  mx1().plays("220 mx\r\n", offers("SIZE 1000000", {{"MAIL FROM:<a@example.com> SIZE=", "501 bad\r\n"},
                                                    {"RSET", "250 ok\r\n"},
                                                    {"MAIL FROM:<a@example.com>", "501 bad\r\n"},
                                                    {"QUIT", "221 bye\r\n"}}));
  converse();
  EXPECT_EQ(outcome().reply.code, 501);
  EXPECT_EQ(failed_extensions->size(), 0U);
}

TEST_F(FailingExtension, DsnParametersOfOneRecipientAreLeftOutForThatOne) {
  Assignment mail = assignment({"b@example.org", "c@example.org"});
  mail.addressees[1].recipient.notify = queue::notify::failure;
  mx1().plays("220 mx\r\n", offers("DSN", {{"MAIL", "250 ok\r\n"},
                                           {"RCPT TO:<b@", "250 ok\r\n"},
                                           {"RCPT TO:<c@example.org> NOTIFY", "501 5.5.4 what?\r\n"},
                                           {"DATA", "354 go\r\n"},
                                           {"DOT", "250 one\r\n"},
                                           {"MAIL", "250 ok\r\n"},
                                           {"RCPT TO:<c@example.org>", "250 ok\r\n"},
                                           {"DATA", "354 go\r\n"},
                                           {"DOT", "250 two\r\n"},
                                           {"QUIT", "221 bye\r\n"}}));
  converse(mail);
  EXPECT_EQ(outcome(0).verdict, Verdict::delivered);
  EXPECT_EQ(outcome(1).verdict, Verdict::delivered);
  EXPECT_FALSE(outcome(1).relayed_dsn);
  EXPECT_TRUE(mx1().surprises.empty()) << ::testing::PrintToString(mx1().surprises);
}

TEST_F(FailingExtension, EightBitMimeThatIsRefusedMeansSevenBitContent) {
  eight_bit = true;
  downgrade = [](const std::string&) { return std::optional<std::string>("Subject: hi\r\n\r\n=C3=A4\r\n"); };
  mx1().plays("220 mx\r\n", offers("8BITMIME", {{"MAIL FROM:<a@example.com> BODY=8BITMIME", "555 5.5.4 no\r\n"},
                                                {"RSET", "250 ok\r\n"},
                                                {"MAIL FROM:<a@example.com>", "250 ok\r\n"},
                                                {"RCPT", "250 ok\r\n"},
                                                {"DATA", "354 go\r\n"},
                                                {"DOT", "250 queued\r\n"},
                                                {"QUIT", "221 bye\r\n"}}));
  converse();
  must_be_delivered_on(1);
  EXPECT_EQ(mx1().bodies.at(0), "Subject: hi\r\n\r\n=C3=A4\r\n.\r\n");
}

TEST_F(FailingExtension, AServerThatHangsUpOnStarttlsGetsTheMailInClearAtOnceAtLevelMay) {
  mx1().plays("220 mx\r\n", offers("STARTTLS", {{"STARTTLS", "", Then::close}}));
  mx1().plays("220 mx\r\n", offers("STARTTLS", taken_by_data()));
  converse();
  must_be_delivered_on(2);
  and_the_next_goes_without("STARTTLS");
  EXPECT_EQ(mx1().connections, 3U);
}

TEST_F(FailingExtension, ButNeverWhereTheOperatorWantsEncryption) {
  config->delivery.tls = conf::TlsLevel::encrypt;
  smtp::LeftOut starttls;
  starttls.starttls = true;
  failed_extensions->add("mx1.example.org", starttls, world.stopwatch.now());
  mx1().plays("220 mx\r\n", offers("STARTTLS", {{"STARTTLS", "", Then::close}}));
  converse();
  EXPECT_TRUE(outcome().untried);
  EXPECT_EQ(mx1().connections, 1U);
}

TEST(FailedExtensions, AreForgottenAfterADayAndBounded) {
  FailedExtensions memory(2);
  const FailedExtensions::Time now{std::chrono::hours(1)};
  smtp::LeftOut chunking, dsn;
  chunking.chunking = dsn.dsn = true;
  memory.add("a", chunking, now);
  memory.add("b", chunking, now);
  memory.add("a", dsn, now);
  EXPECT_TRUE(memory.of("a", now).chunking && memory.of("a", now).dsn);
  memory.add("c", dsn, now);
  EXPECT_EQ(memory.size(), 2U);
  EXPECT_FALSE(memory.of("b", now).chunking) << "noted longest ago";
  EXPECT_TRUE(memory.of("c", now + std::chrono::hours(23)).dsn);
  EXPECT_FALSE(memory.of("c", now + std::chrono::hours(24)).dsn);
}

}  // namespace
}  // namespace mta::testing
