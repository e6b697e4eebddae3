// DATA and BDAT: where a message ends, what is stored, what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/mta/submit/post_office.h"

namespace mta {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// What was stored behind our Received field.
std::string without_received(const std::string& content) {
  auto end = content.find("\r\n");
  while (end != std::string::npos && content[end + 2] == '\t') end = content.find("\r\n", end + 2);
  return content.substr(end + 2);
}

void begin(TestClient& client) {
  client.say("MAIL FROM:<a@example.com>");
  client.say("RCPT TO:<b@example.org>");
}

TEST(Content, IsStoredOctetByOctetBehindOurReceived) {
  PostOffice context;
  auto client = context.greeted();
  const std::string mail = "Subject: x\r\nX-Odd:  spaces \r\n\tfolded\r\n\r\n..one\r\n.\r\n.. two\r\n\r\n\r\n";
  std::string dotted = "Subject: x\r\nX-Odd:  spaces \r\n\tfolded\r\n\r\n...one\r\n..\r\n... two\r\n\r\n\r\n";
  EXPECT_THAT(client.mail(dotted), StartsWith("250 2.0.0 queued as "));
  const auto& letter = context.only_letter();
  EXPECT_EQ(without_received(letter.content), mail);
  EXPECT_THAT(letter.content, StartsWith("Received: from client.example ([192.0.2.9])\r\n\tby mta1.example.com with ESMTP id " +
                                         letter.message.id.text() + "\r\n\tfor <b@example.org>;\r\n\tMon, 5 Jan 2026 00:00:"));
  EXPECT_EQ(letter.message.client, "192.0.2.9");
}

TEST(Content, OnlyTheRightEndEndsIt) {
  for (const std::string trick : {"\n.\r\n", "\r\n.\n", "\n.\n", "\r.\r", "\r\n.\r", "\r\r\n.\r\r\n"}) {
    PostOffice context;
    auto client = context.greeted();
    begin(client);
    client.say("DATA");
    client.send(small_mail + "text" + trick + "MAIL FROM:<evil@example.com>\r\nRCPT TO:<x@example.org>\r\nDATA\r\n" + small_mail +
                ".\r\n");
    EXPECT_THAT(client.hear(), StartsWith("550 5.6.0 bare"));
    EXPECT_THAT(client.say("NOOP"), StartsWith("250 2.0.0 fine")) << "the next reply must be to the next command";
    EXPECT_TRUE(context.spool.letters.empty());
    EXPECT_TRUE(context.spool.unfinished.empty());
  }
}

TEST(Content, NulAndLinesAboveTheLimitAreRefused) {
  PostOffice context;
  auto client = context.greeted();
  EXPECT_EQ(client.mail(small_mail + std::string("a\0b\r\n", 5)), "550 5.6.0 NUL octet in the message");
  EXPECT_EQ(client.mail(small_mail + std::string((64U << 10U) + 1, 'x') + "\r\n"),
            "550 5.6.0 line longer than 65536 octets in the message");
  EXPECT_THAT(client.mail(small_mail + std::string(998, 'x') + "\r\n"), StartsWith("250"));
  EXPECT_EQ(context.spool.letters.size(), 1U);
}

TEST(Content, AnySplitOfTheOctetsStoresTheSame) {
  const std::string octets = "DATA\r\n" + small_mail + "..\r\n.x\r\n\r\n.\r\nNOOP\r\n";
  for (std::size_t cut = 1; cut < octets.size(); ++cut) {
    PostOffice context;
    auto client = context.greeted();
    begin(client);
    client.send(octets.substr(0, cut));
    context.world.loop.pass(std::chrono::seconds(1));
    client.send(octets.substr(cut));
    client.hear();
    EXPECT_THAT(client.hear(), StartsWith("250 2.0.0 queued")) << cut;
    EXPECT_THAT(client.hear(), StartsWith("250 2.0.0 fine")) << cut;
    EXPECT_EQ(without_received(context.only_letter().content), small_mail + ".\r\nx\r\n\r\n") << cut;
  }
}

TEST(Content, TheSizeLimitIsToldAfterTheEnd) {
  PostOffice context([](conf::Config& config) { config.limits.message_size = 400'000; });
  auto client = context.greeted();
  std::string body;
  while (body.size() < 500'000) body += std::string(70, 'x') + "\r\n";
  EXPECT_THAT(client.mail(small_mail + body), StartsWith("552 5.3.4"));
  EXPECT_TRUE(context.spool.unfinished.empty()) << "chunks kept before are forgotten";
  EXPECT_GT(context.spool.chunks_kept, 0U);
  EXPECT_THAT(client.mail(small_mail), StartsWith("250"));
}

TEST(Content, FiftyMebibytesPassInTwoChunks) {
  PostOffice context;
  context.spool.disk_takes = std::chrono::milliseconds(5);
  auto client = context.greeted();
  std::string body;
  while (body.size() < (50U << 20U) - 1000) body += std::string(100, 'x') + "\r\n";
  EXPECT_THAT(client.mail(small_mail + body), StartsWith("250"));
  EXPECT_EQ(without_received(context.only_letter().content), small_mail + body);
  EXPECT_EQ(context.spool.most_under_way, 1U);
  EXPECT_LE(context.submission.context().memory.most(), 2 * chunk_bytes);
}

TEST(Content, SessionsShareTheMemoryAndAllGetThrough) {
  PostOffice context([](conf::Config& config) { config.limits.memory = 300'000; });
  context.spool.disk_takes = std::chrono::milliseconds(20);
  std::string body;
  while (body.size() < 120'000) body += std::string(76, 'x') + "\r\n";
  std::vector<TestClient> clients;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(context.greeted());
    begin(clients.back());
    clients.back().say("DATA");
    clients.back().send(small_mail + body);  // everybody holds something, nobody has ended
  }
  context.world.loop.pass(std::chrono::seconds(1));
  EXPECT_GT(context.submission.context().memory.waiting(), 0U);
  for (auto& client : clients) client.send(".\r\n");
  for (auto& client : clients) EXPECT_THAT(client.hear(), StartsWith("250"));
  EXPECT_LE(context.submission.context().memory.most(), 300'000U + 2 * chunk_bytes);
  EXPECT_EQ(context.submission.context().memory.used(), 0U);
}

TEST(Content, ChunksComeByBdatToo) {
  PostOffice context;
  auto client = context.greeted();
  begin(client);
  client.send("BDAT 30\r\n" + small_mail.substr(0, 30));
  EXPECT_THAT(client.hear(), StartsWith("250 2.0.0 30 octets"));
  client.send("BDAT " + std::to_string(small_mail.size() - 30) + " LAST\r\n" + small_mail.substr(30) + "NOOP\r\n");
  EXPECT_THAT(client.hear(), StartsWith("250 2.0.0 queued as"));
  EXPECT_THAT(client.hear(), StartsWith("250 2.0.0 fine"));
  EXPECT_EQ(without_received(context.only_letter().content), small_mail);
}

TEST(Content, BdatKnowsNoDotsAndRefusesBareLineEnds) {
  PostOffice context;
  auto client = context.greeted();
  begin(client);
  const std::string dots = small_mail + ".\r\n..\r\nno end";
  client.send("BDAT " + std::to_string(dots.size()) + " LAST\r\n" + dots);
  EXPECT_THAT(client.hear(), StartsWith("250"));
  EXPECT_EQ(without_received(context.only_letter().content), dots);
  begin(client);
  client.send("BDAT 5\r\na\nb\r\nBDAT 3 LAST\r\nx\r\nNOOP\r\n");
  EXPECT_THAT(client.hear(), StartsWith("550 5.6.0 bare LF"));
  EXPECT_THAT(client.hear(), StartsWith("503"));  // its octets were consumed
  EXPECT_THAT(client.hear(), StartsWith("250 2.0.0 fine"));
  EXPECT_EQ(context.spool.letters.size(), 1U);
}

TEST(Content, BdatOutOfOrderIsReadAndRefused) {
  PostOffice context;
  auto client = context.greeted();
  client.send("BDAT 10 LAST\r\nRSET\r\nRSETNOOP\r\n");
  EXPECT_THAT(client.hear(), StartsWith("503"));
  EXPECT_THAT(client.hear(), StartsWith("250 2.0.0 fine"));
  begin(client);
  client.send("BDAT 2\r\nX:");
  client.hear();
  EXPECT_EQ(client.code("DATA"), "503");
  EXPECT_EQ(client.code("RCPT TO:<c@example.org>"), "503");
  EXPECT_EQ(client.code("BDAT ten"), "501");
}

TEST(Content, NothingStaysOfAMessageThatBreaksOff) {
  PostOffice context;
  auto client = context.greeted();
  begin(client);
  client.say("DATA");
  std::string body;
  while (body.size() < 300'000) body += std::string(70, 'x') + "\r\n";
  client.send(small_mail + body);
  context.world.loop.pass(std::chrono::seconds(1));
  EXPECT_FALSE(context.spool.unfinished.empty());
  client.hang_up();
  EXPECT_TRUE(context.spool.unfinished.empty());
  EXPECT_TRUE(context.spool.letters.empty());
  EXPECT_EQ(context.submission.context().memory.used(), 0U);
  EXPECT_EQ(context.submission.conversations(), 0U);
}

TEST(Content, AFullDiskIsTemporary) {
  PostOffice context;
  auto client = context.greeted();
  context.spool.answer = AcceptResult::no_space;
  EXPECT_THAT(client.mail(small_mail), StartsWith("452 4.3.1"));
  context.spool.answer = AcceptResult::kept;
  context.spool.full_at = 1;
  std::string body;
  while (body.size() < 300'000) body += std::string(70, 'x') + "\r\n";
  EXPECT_THAT(client.mail(small_mail + body), StartsWith("452 4.3.1"));
  EXPECT_TRUE(context.spool.unfinished.empty());
  context.spool.answer = AcceptResult::shutting_down;
  EXPECT_THAT(client.mail(small_mail), StartsWith("421 4.3.2"));
}

TEST(Content, TheForecastIsPartOfTheReply) {
  PostOffice context;
  context.spool.opens = "google opens about 2026-11-22T08:00Z";
  EXPECT_THAT(context.greeted().mail(small_mail), EndsWith("; google opens about 2026-11-22T08:00Z"));
}

TEST(Content, AHugeHeaderIsRefused) {
  PostOffice context;
  std::string header;
  while (header.size() < smtp::max_header_section) header += "X-Filler: " + std::string(900, 'x') + "\r\n";
  EXPECT_THAT(context.greeted().mail(header + "\r\nbody\r\n"), StartsWith("552 5.3.4 header section"));
}

TEST(Content, ALongHeaderIsCutIntoChunks) {
  PostOffice context;
  std::string header;
  while (header.size() < 200'000) header += "X-Filler: " + std::string(900, 'x') + "\r\n";
  EXPECT_THAT(context.greeted().mail(header + "\r\nbody\r\n"), StartsWith("250"));
  EXPECT_EQ(without_received(context.only_letter().content), header + "\r\nbody\r\n");
}

TEST(Content, MailWithoutAHeaderGetsASeparator) {
  PostOffice context;
  EXPECT_THAT(context.greeted().mail("just text\r\n"), StartsWith("250"));
  EXPECT_EQ(without_received(context.only_letter().content), "\r\njust text\r\n");
}

TEST(Content, EightBitIsNoticed) {
  PostOffice context;
  auto client = context.greeted();
  client.mail(small_mail);
  client.mail(small_mail + "gr\xC3\xBC\xC3\x9F\r\n");
  ASSERT_EQ(context.spool.letters.size(), 2U);
  EXPECT_FALSE(context.spool.letters[0].message.eight_bit);
  EXPECT_TRUE(context.spool.letters[1].message.eight_bit);
}

}  // namespace
}  // namespace mta
