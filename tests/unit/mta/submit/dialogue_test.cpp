// The dialogue between banner and DATA: offers, order, limits, addresses, permission.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/mta/submit/post_office.h"

namespace mta {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Dialogue, TheBannerNamesTheHostAndEhloOffersWhatTheContractSays) {
  PostOffice context;
  auto client = context.connect();
  EXPECT_EQ(client.hear(), "220 mta1.example.com ESMTP warmupd");
  EXPECT_EQ(
      client.say("EHLO client.example"),
      "250-mta1.example.com\n250-PIPELINING\n250-SIZE 52428800\n250-8BITMIME\n250-SMTPUTF8\n250-ENHANCEDSTATUSCODES\n250-DSN\n"
      "250-STARTTLS\n250 CHUNKING");
  EXPECT_EQ(client.say("HELO client.example"), "250 mta1.example.com");
}

TEST(Dialogue, WithoutACertificateThereIsNoStartTls) {
  PostOffice context;
  context.identity = nullptr;
  auto client = context.connect();
  client.hear();
  EXPECT_THAT(client.say("EHLO c"), Not(HasSubstr("STARTTLS")));
  EXPECT_EQ(client.say("STARTTLS"), "503 5.5.1 STARTTLS is not offered");
}

TEST(Dialogue, AuthIsOfferedInTheClearOnlyOnLoopback) {
  PostOffice context([](conf::Config& config) {
    config.listeners.push_back(config.listeners[0]);
    config.listeners[1].address = "127.0.0.1:587";
    config.listeners[1].tls = conf::ListenerTls::off;
  });
  auto near = context.connect("127.0.0.1", "127.0.0.1:587");
  near.hear();
  EXPECT_THAT(near.say("EHLO c"), HasSubstr("250-AUTH PLAIN LOGIN"));
  EXPECT_THAT(context.greeted().say("AUTH PLAIN AGEAYg=="), StartsWith("538 5.7.11"));
}

PostOffice::Change bulk_full(warmup::WhenFull when) {
  return [when](conf::Config& config) {
    config.listeners[0].mail_class = "bulk";
    for (auto& each : config.classes) each.when_full = when;
  };
}

TEST(Dialogue, WhereTheClassSaysTempfailARecipientWhoseLineIsFullIsRefusedAtOnce) {
  PostOffice context(bulk_full(warmup::WhenFull::tempfail));
  context.spool.full["b@example.org"] = "google opens about 2026-11-22T08:00Z";
  auto client = context.greeted();
  client.say("MAIL FROM:<a@example.com>");
  EXPECT_EQ(client.say("RCPT TO:<b@example.org>"),
            "451 4.7.1 the queue to this provider is full; google opens about 2026-11-22T08:00Z");
  EXPECT_EQ(client.code("DATA"), "554");
  EXPECT_EQ(client.say("RCPT TO:<c@example.net>"), "250 2.1.5 recipient ok");
  context.spool.full.clear();
  EXPECT_EQ(client.say("RCPT TO:<b@example.org>"), "250 2.1.5 recipient ok");  // it was not kept as known
  EXPECT_EQ(client.say("RCPT TO:<b@EXAMPLE.org>"), "250 2.1.5 recipient ok");
  EXPECT_EQ(client.code("DATA"), "354");
  client.send("From: a@example.com\r\n\r\nx\r\n.\r\n");
  EXPECT_THAT(client.hear(), StartsWith("250 2.0.0"));
  EXPECT_EQ(context.only_letter().recipients.size(), 2U);
  ASSERT_EQ(context.spool.drafts.size(), 3U);
  EXPECT_EQ(context.spool.drafts[0].mail_class, "bulk");
}

TEST(Dialogue, NobodyIsAskedAboutFullLinesWhereTheClassIsOpenOrDoesNotCare) {
  PostOffice careless(bulk_full(warmup::WhenFull::accept));
  PostOffice open([](conf::Config& config) {
    for (auto& each : config.classes) each.when_full = warmup::WhenFull::tempfail;  // but the header decides which class it is
  });
  for (PostOffice* context : {&careless, &open}) {
    context->spool.full["b@example.org"] = "google opens about 2026-11-22T08:00Z";
    auto client = context->greeted();
    client.say("MAIL FROM:<a@example.com>");
    EXPECT_EQ(client.code("RCPT TO:<b@example.org>"), "250");
    EXPECT_TRUE(context->spool.drafts.empty());
  }
}

TEST(Dialogue, CommandsOutOfOrderAreAnswered503) {
  PostOffice context;
  auto client = context.connect();
  client.hear();
  EXPECT_EQ(client.code("MAIL FROM:<a@example.com>"), "503");
  client.say("EHLO c");
  EXPECT_EQ(client.code("RCPT TO:<b@example.org>"), "503");
  EXPECT_EQ(client.code("DATA"), "503");
  EXPECT_EQ(client.code("MAIL FROM:<a@example.com>"), "250");
  EXPECT_EQ(client.code("MAIL FROM:<a@example.com>"), "503");
  EXPECT_EQ(client.code("DATA"), "503");
  EXPECT_EQ(client.code("RSET"), "250");
  EXPECT_EQ(client.code("RCPT TO:<b@example.org>"), "503");
}

TEST(Dialogue, SmallCommandsHaveTheirReplies) {
  PostOffice context;
  auto client = context.greeted();
  EXPECT_EQ(client.code("NOOP whatever"), "250");
  EXPECT_THAT(client.say("VRFY a"), StartsWith("252 2.0.0"));
  EXPECT_EQ(client.code("HELP"), "214");
  EXPECT_EQ(client.code("EXPN list"), "502");
  EXPECT_THAT(client.say("FROBNICATE"), StartsWith("500 5.5.2"));
  EXPECT_THAT(client.say("QUIT"), StartsWith("221 2.0.0"));
  EXPECT_TRUE(client.closed());
}

TEST(Dialogue, PipelinedCommandsAreAnsweredInOrder) {
  PostOffice context;
  auto client = context.greeted();
  client.send("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<no>\r\nDATA\r\n");
  EXPECT_THAT(client.hear(), StartsWith("250 2.1.0"));
  EXPECT_THAT(client.hear(), StartsWith("250 2.1.5"));
  EXPECT_THAT(client.hear(), StartsWith("501 5.1.3"));
  EXPECT_THAT(client.hear(), StartsWith("354"));
  EXPECT_THAT(client.say(small_mail + "."), StartsWith("250 2.0.0 queued as "));
}

TEST(Dialogue, WhoMayNotRelayIsTold) {
  PostOffice context;
  auto stranger = context.greeted("198.51.100.7");
  EXPECT_EQ(stranger.code("MAIL FROM:<a@example.com>"), "250");
  EXPECT_THAT(stranger.say("RCPT TO:<b@example.org>"), StartsWith("550 5.7.1"));
  EXPECT_THAT(stranger.say("DATA"), StartsWith("554 5.5.1"));
  ASSERT_EQ(context.refused.size(), 2U);
  EXPECT_EQ(context.refused[0].recipient, "b@example.org");
  EXPECT_EQ(context.refused[0].sender, "a@example.com");
  EXPECT_EQ(context.refused[0].client, "198.51.100.7");
}

TEST(Dialogue, WhereAuthIsRequiredNobodySendsWithoutIt) {
  PostOffice context([](conf::Config& config) { config.listeners[0].auth = conf::ListenerAuth::required; });
  EXPECT_EQ(context.greeted().say("MAIL FROM:<a@example.com>"), "530 5.7.0 authentication required, say STARTTLS first");
}

// He may write to the postmaster, but not have us write to whom he likes.
TEST(Dialogue, WhoMayNotRelayHasNoNoticesSent) {
  PostOffice context;
  auto stranger = context.greeted("198.51.100.7");
  stranger.say("MAIL FROM:<victim@example.net> RET=FULL");
  EXPECT_EQ(stranger.code("RCPT TO:<postmaster> NOTIFY=SUCCESS,FAILURE,DELAY"), "250");
  stranger.say("DATA");
  stranger.say(small_mail + ".");
  EXPECT_EQ(context.only_letter().recipients.at(0).notify, queue::notify::never);
}

TEST(Dialogue, ThePostmasterHearsFromEverybody) {
  PostOffice context;
  auto stranger = context.greeted("198.51.100.7");
  stranger.say("MAIL FROM:<>");
  EXPECT_EQ(stranger.code("RCPT TO:<PostMaster>"), "250");
  EXPECT_EQ(stranger.code("DATA"), "354");
  EXPECT_EQ(stranger.code(small_mail + "."), "250");
  EXPECT_EQ(context.only_letter().recipients.at(0).address, "postmaster@example.com");
  EXPECT_EQ(context.only_letter().message.sender, "");
}

TEST(Dialogue, ARecipientSaidTwiceIsStoredOnce) {
  PostOffice context;
  auto client = context.greeted();
  client.say("MAIL FROM:<a@example.com>");
  for (const auto* recipient : {"b@example.org", "b@EXAMPLE.org", "B@example.org"}) {
    EXPECT_EQ(client.code(std::string("RCPT TO:<") + recipient + ">"), "250");
  }
  client.say("DATA");
  client.say(small_mail + ".");
  EXPECT_EQ(context.only_letter().recipients.size(), 2U);  // local parts differ by case
}

TEST(Dialogue, RecipientsAndSizeHaveLimits) {
  PostOffice context([](conf::Config& config) { config.limits.recipients = 1, config.limits.message_size = 1000; });
  auto client = context.greeted();
  EXPECT_THAT(client.say("MAIL FROM:<a@example.com> SIZE=1001"), StartsWith("552 5.3.4"));
  EXPECT_EQ(client.code("MAIL FROM:<a@example.com> SIZE=1000"), "250");
  EXPECT_EQ(client.code("RCPT TO:<b@example.org>"), "250");
  EXPECT_THAT(client.say("RCPT TO:<c@example.org>"), StartsWith("452 4.5.3"));
}

TEST(Dialogue, WithoutSpaceMailIsPutOff) {
  PostOffice context;
  context.spool.open = false;
  EXPECT_THAT(context.greeted().say("MAIL FROM:<a@example.com>"), StartsWith("452 4.3.1"));
  ASSERT_EQ(context.refused.size(), 1U);
  EXPECT_EQ(context.refused[0].refusal.code, 452);
}

TEST(Dialogue, AddressesBeyondAsciiWantSmtputf8) {
  PostOffice context;
  auto client = context.greeted();
  client.say("MAIL FROM:<a@example.com>");
  EXPECT_THAT(client.say("RCPT TO:<b@b\xC3\xBC"
                         "cher.example>"),
              StartsWith("553 5.6.7"));
  client.say("RSET");
  EXPECT_EQ(client.code("MAIL FROM:<a@example.com> SMTPUTF8"), "250");
  EXPECT_EQ(client.code("RCPT TO:<b@b\xC3\xBC"
                        "cher.example>"),
            "250");
  client.say("DATA");
  client.say(small_mail + ".");
  EXPECT_TRUE(context.only_letter().message.smtputf8);
}

TEST(Dialogue, DsnParametersAreKept) {
  PostOffice context;
  auto client = context.greeted();
  EXPECT_EQ(client.code("MAIL FROM:<a@example.com> RET=HDRS ENVID=QQ+2B314159 BODY=8BITMIME"), "250");
  EXPECT_EQ(client.code("RCPT TO:<b@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@example.org"), "250");
  client.say("DATA");
  client.say(small_mail + ".");
  const auto& letter = context.only_letter();
  EXPECT_EQ(letter.message.ret, queue::Return::headers);
  EXPECT_EQ(letter.message.envid, "QQ+2B314159");
  EXPECT_EQ(letter.recipients.at(0).notify, queue::notify::success | queue::notify::delay);
  EXPECT_EQ(letter.recipients.at(0).orcpt, "rfc822;b@example.org");
  EXPECT_FALSE(letter.message.smtputf8);
}

TEST(Dialogue, AnEndlessLineIsDroppedAndTheNextIsHeard) {
  PostOffice context;
  auto client = context.greeted();
  EXPECT_THAT(client.say(std::string(100'000, 'x')), StartsWith("500 5.5.2"));
  EXPECT_THAT(client.say("NOOP " + std::string(600, 'x')), StartsWith("500 5.5.2"));
  client.send("NOOP\nNOOP\r\n");
  EXPECT_THAT(client.hear(), StartsWith("500 5.5.2"));  // a bare LF ends no command
  EXPECT_THAT(client.hear(), StartsWith("250"));
}

TEST(Dialogue, PatienceWithNonsenseEnds) {
  PostOffice context;
  auto client = context.greeted();
  for (int i = 1; i < 20; ++i) EXPECT_EQ(client.code("NONSENSE"), "500");
  EXPECT_EQ(client.code("NONSENSE"), "500");
  EXPECT_THAT(client.hear(), StartsWith("421 4.7.0"));
  EXPECT_TRUE(client.closed());
}

}  // namespace
}  // namespace mta
