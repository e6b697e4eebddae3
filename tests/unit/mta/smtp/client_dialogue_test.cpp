#include "tests/unit/mta/smtp/client_fixture.h"

namespace mta::testing {
namespace {

const std::string all_offers = "250-mx\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8\r\n";

TEST_F(ClientTest, SpeaksTheDialogueOfTheRfcWithoutExtensions) {
  server_plays({{"EHLO out1.example.com", "500 what?\r\n"},
                {"HELO out1.example.com", "250 mx\r\n"},
                {"MAIL FROM:<a@example.com>", "250 ok\r\n"},
                {"RCPT TO:<b@example.org>", "250 ok\r\n"},
                {"DATA", "354 go\r\n"},
                {"DOT", "250 2.0.0 queued as 1\r\n"},
                {"QUIT", "221 bye\r\n"}});
  converse({{"Subject: x\r\n\r\n.dot\r\n"}});
  EXPECT_EQ(server.bodies.at(0), "Subject: x\r\n\r\n..dot\r\n.\r\n");
  EXPECT_EQ(heard.at(0).dot.text(), "queued as 1");
  EXPECT_TRUE(heard.at(0).dot_sent);
  EXPECT_FALSE(heard.at(0).lost);
}

TEST_F(ClientTest, EnvelopeAndDataTravelTogetherWhenPipelining) {
  to({"b@example.org", "c@example.org"});
  mail.eight_bit = mail.smtputf8 = true;
  // All four answers wait for the last of the commands: this ends only if they came in one go.
  server_plays(plain({{"MAIL FROM:<a@example.com> SIZE=20 BODY=8BITMIME SMTPUTF8", ""},
                      {"RCPT TO:<b@", ""},
                      {"RCPT TO:<c@", ""},
                      {"DATA", "250 ok\r\n250 ok\r\n550 5.1.1 no such user\r\n354 go\r\n"},
                      {"DOT", "250 ok\r\n"},
                      {"QUIT", "221 bye\r\n"}},
                     all_offers));
  converse({{"Subject: hi\r\n\r\nhello"}});
  EXPECT_EQ(heard.at(0).accepted(), 1);
  EXPECT_EQ(heard.at(0).rcpt.at(1).enhanced, "5.1.1");
  EXPECT_TRUE(heard.at(0).dot.ok());
}

TEST_F(ClientTest, PipelinedButNobodyAccepted_ALoneDotIsSentIfTheServerAsksForData) {
  server_plays(plain({{"MAIL", "250 ok\r\n"},
                      {"RCPT", "550 no\r\n"},
                      {"DATA", "354 go\r\n"},
                      {"DOT", "554 no valid recipients\r\n"},
                      {"QUIT", ""}},
                     all_offers));
  converse();
  EXPECT_EQ(server.bodies.at(0), ".\r\n");
  EXPECT_FALSE(heard.at(0).dot_sent);
  EXPECT_FALSE(heard.at(0).dot.heard());
  EXPECT_TRUE(usable_at_end);
}

TEST_F(ClientTest, PipelinedAndMailRefused_NothingIsSentEvenIfDataIsInvited) {
  server_plays(plain({{"MAIL", "550 no\r\n"}, {"RCPT", "250 ok\r\n"}, {"DATA", "354 go\r\n"}}, all_offers));
  converse();
  EXPECT_EQ(heard.at(0).mail.code, 550);
  EXPECT_TRUE(heard.at(0).lost);
  EXPECT_FALSE(heard.at(0).dot_sent);
}

TEST_F(ClientTest, ManyRecipientsGoInGroups) {
  std::vector<std::string> many;
  std::vector<Exchange> script = {{"MAIL", "250 ok\r\n"}};
  for (int i = 0; i < 230; ++i) {
    many.push_back("user" + std::to_string(i) + "@example.org");
    script.push_back({"RCPT TO:<user" + std::to_string(i) + "@", i % 2 == 0 ? "250 ok\r\n" : "450 4.2.0 later\r\n"});
  }
  script.insert(script.end(), {{"DATA", "354 go\r\n"}, {"DOT", "250 ok\r\n"}, {"QUIT", "221 bye\r\n"}});
  to(many);
  server_plays(plain(script, all_offers));
  converse();
  EXPECT_EQ(heard.at(0).accepted(), 115);
  EXPECT_TRUE(heard.at(0).dot.ok());
}

TEST_F(ClientTest, ARefusedTransactionIsResetBeforeTheNext) {
  server_plays(plain({{"MAIL", "250 ok\r\n"},
                      {"RCPT", "450 4.2.1 later\r\n"},
                      {"RSET", "250 ok\r\n"},
                      {"MAIL", "250 ok\r\n"},
                      {"RCPT", "250 ok\r\n"},
                      {"DATA", "354 go\r\n"},
                      {"DOT", "250 ok\r\n"},
                      {"MAIL", "452 4.3.1 full\r\n"},
                      {"QUIT", "221 bye\r\n"}}));
  converse({{"one\r\n"}, {"two\r\n"}, {"three\r\n"}});
  ASSERT_EQ(heard.size(), 3U);
  EXPECT_TRUE(heard[1].dot.ok());
  EXPECT_EQ(heard[2].mail.code, 452);
}

TEST_F(ClientTest, A421EndsTheSession) {
  to({"b@example.org", "c@example.org"});
  server_plays(plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "421 4.7.28 unusual rate\r\n"}}));
  converse({{"one\r\n"}, {"two\r\n"}});
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_TRUE(heard[0].closing);
  EXPECT_EQ(heard[0].rcpt.at(0).code, 421);
  EXPECT_FALSE(heard[0].rcpt.at(1).heard());
  EXPECT_FALSE(heard[0].lost);
  EXPECT_EQ(server.commands.back(), "RCPT TO:<b@example.org>");
}

TEST_F(ClientTest, ARefusedBannerIsAValue) {
  server_plays({}, "554 5.7.1 go away\r\n");
  converse();
  EXPECT_FALSE(opening.ready);
  EXPECT_EQ(opening.stage, smtp::Stage::banner);
  EXPECT_EQ(opening.refusal.text(), "go away");
}

TEST_F(ClientTest, AnUnreadableBodyEndsTheSessionBeforeItsDot) {
  body_breaks = true;
  server_plays(plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"DATA", "354 go\r\n"}}));
  converse({{"one\r\n", "two\r\n"}});
  ASSERT_TRUE(heard.at(0).lost);
  EXPECT_EQ(heard[0].lost->cause, smtp::Lost::Cause::ours);
  EXPECT_FALSE(heard[0].dot_sent);
  EXPECT_EQ(server.heard.find("\r\n.\r\n"), std::string::npos);
}

TEST_F(ClientTest, EmptyLinesBetweenRepliesArePassedOver) {
  server_plays({{"EHLO out1.example.com", "\r\n250-mx\r\n\r\n250 ENHANCEDSTATUSCODES\r\n"},
                {"MAIL", "\r\n\n250 ok\r\n"},
                {"RCPT", "250 ok\r\n\r\n"},
                {"DATA", "354 go\r\n"},
                {"DOT", "\r\n250 2.0.0 queued as 1\r\n"},
                {"QUIT", "221 bye\r\n"}},
               "\r\n220 mx\r\n");
  converse();
  EXPECT_FALSE(heard.at(0).lost);
  EXPECT_EQ(heard.at(0).dot.text(), "queued as 1");
}

TEST_F(ClientTest, EmptyLinesWithoutEndAreNoReply) {
  std::string endless;
  for (int i = 0; i < 1000; ++i) endless += "\r\n";
  server_plays(plain({{"MAIL", endless}}));
  converse();
  ASSERT_TRUE(heard.at(0).lost);
  EXPECT_EQ(heard[0].lost->cause, smtp::Lost::Cause::nonsense);
}

// The server refuses while the body is on its way, and resets half a second later, as many do that look at the first lines.
TEST_F(ClientTest, ARefusalInMidBodyIsHeardThoughTheConnectionIsResetThen) {
  world.net.everywhere().window = 1000;
  world.net.everywhere().cut = sim::Cut{sim::Way::to_server, 20'000, sim::Cut::How::reset};
  server_plays(
      plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"DATA", "354 go\r\n554 5.7.1 your content is blocked\r\n"}}));
  converse({{std::string(60'000, 'x') + "\r\n"}});
  EXPECT_FALSE(heard.at(0).lost);
  EXPECT_EQ(heard[0].data.code, 554);
  EXPECT_EQ(heard[0].data.text(), "your content is blocked");
  EXPECT_FALSE(usable_at_end);
}

TEST_F(ClientTest, AResetWithoutAWordStaysAReset) {
  world.net.everywhere().window = 1000;
  world.net.everywhere().cut = sim::Cut{sim::Way::to_server, 20'000, sim::Cut::How::reset};
  server_plays(plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"DATA", "354 go\r\n"}}));
  converse({{std::string(60'000, 'x') + "\r\n"}});
  ASSERT_TRUE(heard.at(0).lost);
  EXPECT_EQ(heard[0].lost->loss, Loss::reset);
}

TEST_F(ClientTest, AuthPlainThatOverlooksItsInitialResponseIsToldAgain) {
  options.tls = conf::TlsLevel::verify;
  options.username = "user";
  options.password = "secret";
  server_plays({{"EHLO", "250-mx\r\n250 STARTTLS\r\n"},
                {"STARTTLS", "220 go\r\n", Then::start_tls},
                {"EHLO", "250-mx\r\n250 AUTH PLAIN LOGIN\r\n"},
                {"AUTH PLAIN AHVzZXIAc2VjcmV0", "334 \r\n"},
                {"AHVzZXIAc2VjcmV0", "235 welcome\r\n"},
                {"QUIT", "221 bye\r\n"}});
  converse({});
  EXPECT_TRUE(opening.ready);
}

TEST_F(ClientTest, AuthLoginWhereAuthPlainIsOfferedAndNotUnderstood) {
  options.tls = conf::TlsLevel::verify;
  options.username = "user";
  options.password = "secret";
  server_plays({{"EHLO", "250-mx\r\n250 STARTTLS\r\n"},
                {"STARTTLS", "220 go\r\n", Then::start_tls},
                {"EHLO", "250-mx\r\n250 AUTH PLAIN LOGIN\r\n"},
                {"AUTH PLAIN", "504 5.5.4 no such mechanism\r\n"},
                {"AUTH LOGIN", "334 VXNlcm5hbWU6\r\n"},
                {"dXNlcg==", "334 UGFzc3dvcmQ6\r\n"},
                {"c2VjcmV0", "235 welcome\r\n"},
                {"QUIT", "221 bye\r\n"}});
  converse({});
  EXPECT_TRUE(opening.ready);
}

// --- CHUNKING ---

const std::string chunking = "250-mx\r\n250 CHUNKING\r\n";
const std::string chunking_and_pipelining = "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n";

TEST_F(ClientTest, ChunksAreSentAsTheyAre) {
  server_plays(plain({{"MAIL", "250 ok\r\n"},
                      {"RCPT", "250 ok\r\n"},
                      {"BDAT 6", "250 6 octets\r\n"},
                      {"BDAT 7 LAST", "250 2.0.0 queued\r\n"},
                      {"QUIT", "221 bye\r\n"}},
                     chunking));
  converse({{".one\r\n", ".\r\ntwo\n"}});
  EXPECT_EQ(server.bodies, (std::vector<std::string>{".one\r\n", ".\r\ntwo\n"}));
  EXPECT_TRUE(heard.at(0).dot.ok());
  EXPECT_FALSE(heard[0].data.heard());
}

TEST_F(ClientTest, TwoChunksAreOnTheirWayWhenPipelining) {
  server_plays(plain({{"MAIL", ""},
                      {"RCPT", "250 ok\r\n250 ok\r\n"},
                      {"BDAT 1", ""},
                      {"BDAT 2", "250 1\r\n250 2\r\n"},
                      {"BDAT 3 LAST", "250 queued\r\n"},
                      {"QUIT", "221 bye\r\n"}},
                     chunking_and_pipelining));
  converse({{"a", "bb", "ccc"}});
  EXPECT_TRUE(heard.at(0).dot.ok());
}

TEST_F(ClientTest, ARefusedChunkStopsTheMessageBeforeItsLast) {
  server_plays(plain({{"MAIL", "250 ok\r\n"},
                      {"RCPT", "250 ok\r\n"},
                      {"BDAT 1", "552 5.3.4 too much\r\n"},
                      {"BDAT 2", "503 5.5.1 no\r\n"},
                      {"RSET", "250 ok\r\n"},
                      {"MAIL", "550 enough\r\n"},
                      {"RCPT", "503 no\r\n"},
                      {"QUIT", "221 bye\r\n"}},
                     chunking_and_pipelining));
  converse({{"a", "bb", "ccc"}, {"a"}});
  EXPECT_EQ(heard.at(0).data.code, 552);
  EXPECT_FALSE(heard[0].dot_sent);
  EXPECT_EQ(heard.at(1).mail.code, 550);
}

TEST_F(ClientTest, AChunkThatIsNotUnderstoodPutsTheLineOutOfStepThoughTheOneBeforeWasTaken) {
  for (const char* refusal : {"500 what?\r\n", "502 5.5.1 no such command\r\n", "503 no\r\n", "550 5.5.1 not supported\r\n"}) {
    SCOPED_TRACE(refusal);
    heard.clear();
    server_plays(plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"BDAT 1", "250 ok\r\n"}, {"BDAT 2 LAST", refusal}},
                       chunking_and_pipelining));
    converse({{"a", "bb"}});
    EXPECT_TRUE(heard.at(0).out_of_step);
  }
}

// RFC 5321 §2.1: one reply a command. What comes beside is not the answer to the next one.
TEST_F(ClientTest, ASecondReplyBehindTheDotEndsTheUseOfTheLine) {
  for (const char* more : {"250 again\r\n", "550 5.1.1 second one unknown\r\n", "421 4.4.2 too many messages\r\n", "2"}) {
    SCOPED_TRACE(more);
    heard.clear();
    server_plays(plain(
        {{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"DATA", "354 go\r\n"}, {"DOT", "250 ok\r\n" + std::string(more)}}));
    converse({{"one\r\n"}, {"two\r\n"}});
    ASSERT_EQ(heard.size(), 1U) << "the second goes by a line of its own";
    EXPECT_TRUE(heard[0].dot.ok());
  }
}

TEST_F(ClientTest, DataThatIsAnsweredWith250EndsTheUseOfTheLine) {
  server_plays(plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"DATA", "250 ok\r\n"}}));
  converse({{"one\r\n"}, {"two\r\n"}});
  EXPECT_EQ(heard.size(), 1U) << "it may take the next commands for the message";
}

TEST_F(ClientTest, AReplyBeforeTheFirstCommandIsNotItsAnswer) {
  server_plays({{"EHLO", "250 mx.example.org\r\n250 and again\r\n"}});
  converse({{"one\r\n"}});
  ASSERT_EQ(heard.size(), 1U);
  ASSERT_TRUE(heard[0].lost);
  EXPECT_FALSE(heard[0].spoken);
  EXPECT_EQ(server.commands.back(), "EHLO out1.example.com");
}

TEST_F(ClientTest, WithoutAcceptedRecipientsNoChunkLeaves) {
  server_plays(plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "550 no\r\n"}, {"QUIT", "221 bye\r\n"}}, chunking_and_pipelining));
  converse();
  EXPECT_TRUE(server.bodies.empty());
}

}  // namespace
}  // namespace mta::testing
