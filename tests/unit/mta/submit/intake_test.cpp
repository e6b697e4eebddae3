// What happens to a header, by listener and client; signatures over what is sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dkim/signer.h"
#include "mta/submit/from_header.h"
#include "tests/unit/mta/submit/post_office.h"

namespace mta {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

void submission(conf::Config& config) { config.listeners[0].submission = true; }

std::string mail_class(const std::string& fields) {
  PostOffice context;
  context.greeted().mail(fields + small_mail);
  return context.only_letter().message.mail_class;
}

TEST(Intake, ASubmissionIsCompleted) {
  PostOffice context(submission);
  context.greeted().mail("From: a@example.com\r\nBcc: secret@example.org\r\n\r\nx\r\n");
  const auto& letter = context.only_letter();
  EXPECT_THAT(letter.content, HasSubstr("\r\nDate: Mon, 5 Jan 2026 00:00:"));
  EXPECT_THAT(letter.content, HasSubstr("\r\nMessage-ID: " + letter.message.message_id + "\r\n\r\nx\r\n"));
  EXPECT_THAT(letter.message.message_id, StartsWith("<" + letter.message.id.text()));
  EXPECT_THAT(letter.content, Not(HasSubstr("secret")));
  EXPECT_EQ(letter.message.from_domain, "example.com");
}

TEST(Intake, ASubmissionWithoutFromIsRefused) {
  PostOffice context(submission);
  auto client = context.greeted();
  EXPECT_EQ(client.mail("Subject: x\r\n\r\nx\r\n"), "550 5.6.0 the From header is missing");
  EXPECT_THAT(client.mail("From: a@example.com\r\nFrom: b@example.com\r\n\r\nx\r\n"), StartsWith("550 5.6.0"));
}

TEST(Intake, FieldsThatMayStandOnceAreRefusedTwiceInASubmission) {
  for (const char* name :
       {"From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References"}) {
    PostOffice context(submission);
    const std::string once = std::string(name) + ": b@example.com\r\n";
    const std::string from = std::string(name) == "From" ? "" : "From: a@example.com\r\n";
    EXPECT_EQ(context.greeted().mail(from + once + once + "\r\nx\r\n"),
              "550 5.6.0 there is more than one " + std::string(name) + " header");
    EXPECT_TRUE(context.spool.letters.empty());
  }
}

TEST(Intake, ARelayedMessageWithTwoFromFieldsIsTakenAndMarked) {
  PostOffice context;
  auto client = context.greeted();
  const std::string mail = "From: a@example.com\r\nFrom: b@example.net\r\nSubject: x\r\n\r\nx\r\n";
  EXPECT_THAT(client.mail(mail), StartsWith("250"));
  EXPECT_THAT(client.mail(mail), StartsWith("250"));
  EXPECT_THAT(context.spool.letters.at(0).content, ::testing::EndsWith(mail)) << "octet by octet";
  ASSERT_EQ(context.faulty_headers.size(), 1U) << "once a domain and hour";
  EXPECT_EQ(context.faulty_headers[0].reason, "there is more than one From header");
  EXPECT_EQ(context.unsigned_mail.size(), 1U);
}

TEST(Intake, AFromWithoutAKeyIsSaidOnceADomainAndHour) {
  PostOffice context;
  auto client = context.greeted();
  for (int n = 0; n < 5; ++n) client.mail(small_mail);
  client.mail("From: a@example.net\r\n\r\nx\r\n");
  client.mail("Subject: no author\r\n\r\nx\r\n");
  ASSERT_EQ(context.unsigned_mail.size(), 3U);
  EXPECT_EQ(context.unsigned_mail[0].domain, "example.com");
  EXPECT_EQ(context.unsigned_mail[0].reason, "no DKIM key is configured for example.com");
  EXPECT_EQ(context.unsigned_mail[2].reason, "the From header names no address with a domain");
  context.world.loop.pass(std::chrono::hours(1));
  context.greeted().mail(small_mail);
  EXPECT_EQ(context.unsigned_mail.size(), 4U);
  const auto rows = context.submission.context().unsigned_domains.rows(context.world.calendar.wall());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].domain, "example.com");
  EXPECT_EQ(rows[1].messages, 6U);
}

TEST(Intake, UnsignedMailIsRefusedOrAllowedAsConfigured) {
  PostOffice strict([](conf::Config& config) { config.lacking.dkim_unsigned = conf::Unsigned::refuse; });
  EXPECT_EQ(strict.greeted().mail(small_mail),
            "550 5.7.1 no DKIM key is configured for example.com, and unsigned mail is refused here; add a [[dkim.key]] for it");
  EXPECT_THAT(strict.greeted().mail("DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; b=x\r\n" + small_mail),
              StartsWith("250"))
      << "it is signed already";
  EXPECT_THAT(strict.greeted().mail("DKIM-Signature: v=1; d=elsewhere.net; s=x; b=x\r\n" + small_mail), StartsWith("550 5.7.1"));
  PostOffice silent([](conf::Config& config) { config.lacking.dkim_unsigned = conf::Unsigned::allow; });
  EXPECT_THAT(silent.greeted().mail(small_mail), StartsWith("250"));
  EXPECT_TRUE(silent.unsigned_mail.empty());
  EXPECT_TRUE(silent.submission.context().unsigned_domains.rows(silent.world.calendar.wall()).empty());
}

TEST(Intake, TheClassComesFromTheHeader) {
  EXPECT_EQ(mail_class(""), "transactional");
  EXPECT_EQ(mail_class("List-Unsubscribe: <mailto:x@example.com>\r\n"), "bulk");
  EXPECT_EQ(mail_class("Precedence: List\r\n"), "bulk");
  EXPECT_EQ(mail_class("Precedence: first-class\r\n"), "transactional");
  EXPECT_EQ(mail_class("X-Warmup-Class: letters\r\nList-Id: <x>\r\n"), "letters");
  EXPECT_EQ(mail_class("x-warmup-class: unheard-of\r\n"), "transactional");
}

TEST(Intake, OurClassHeaderNeverLeaves) {
  PostOffice context;
  context.greeted().mail("x-Warmup-class: letters\r\n" + small_mail);
  EXPECT_THAT(context.only_letter().content, Not(HasSubstr("letters")));
}

TEST(Intake, LoopsAreCut) {
  PostOffice context([](conf::Config& config) { config.limits.hops = 2; });
  auto client = context.greeted();
  const std::string foreign = "Received: from a by b.example id 1; now\r\n";
  EXPECT_THAT(client.mail(foreign + foreign + small_mail), StartsWith("250"));
  EXPECT_THAT(client.mail(foreign + foreign + foreign + small_mail), StartsWith("554 5.4.6"));
  EXPECT_THAT(
      client.mail(context.only_letter().content.substr(0, context.only_letter().content.find("Received: from a")) + small_mail),
      StartsWith("554 5.4.6"));
  EXPECT_THAT(client.mail("Received: by mta1.example.com id not-ours; now\r\n" + small_mail), StartsWith("250"));
}

TEST(Intake, WhatIsSentIsSigned) {
  PostOffice context(submission);
  const dkim::KeyOptions key{
      "example.com", "s1", true,
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIDOxPDnkwpBkRvMUV3bv+ZuixYdZz9McspLtkWHMb9h9\n-----END PRIVATE "
      "KEY-----\n",
      ""};
  context.signer = std::make_shared<dkim::Signer>(std::vector<dkim::KeyOptions>{key});
  auto client = context.greeted();
  const std::string line = std::string(78, 'x') + "\r\n";
  std::string big;
  while (big.size() < 300'000) big += line;
  EXPECT_THAT(client.mail(small_mail), StartsWith("250"));
  EXPECT_THAT(client.mail(small_mail + big), StartsWith("250"));
  ASSERT_EQ(context.spool.letters.size(), 2U);
  for (const auto& letter : context.spool.letters) {
    EXPECT_EQ(letter.message.signed_with, "example.com/s1");
    dkim::Signer signer(std::vector<dkim::KeyOptions>{key});
    auto again = signer.begin("example.com/s1", std::chrono::floor<std::chrono::seconds>(letter.message.signed_at));
    smtp::HeaderSection header;
    header.add(letter.content);
    for (const auto& field : header.fields()) again->header(field.to_sign());
    again->body(header.rest());
    const auto hash = [](const std::string& text) { return text.substr(text.find("bh="), 40); };
    EXPECT_EQ(hash(letter.message.prefix), hash(again->finish())) << "the body hash is that of the stored body";
  }
}

TEST(FromHeader, DomainsAreReadAsMailReadersDo) {
  EXPECT_THAT(read_from(" \"x@evil.example\" <a@Example.com>").domains, ElementsAre("example.com"));
  EXPECT_TRUE(read_from(" \"x@evil.example\" <a@example.com> (b@c)").clear);
  EXPECT_THAT(read_from("a@example.com, b@example.org").domains, ElementsAre("example.com", "example.org"));
  EXPECT_FALSE(read_from("a@example.com@evil.example").clear);
  EXPECT_TRUE(read_from("nobody").domains.empty());
  EXPECT_TRUE(read_from(std::string(100'000, '(')).domains.empty());
  EXPECT_TRUE(read_from("a@[192.0.2.1](open").domains.empty());
  EXPECT_TRUE(read_from("\"open <a@example.com>").domains.empty());
  EXPECT_THAT(read_from("\xC3\xBC@b\xC3\xBC.example").domains, ElementsAre("xn--b-eha.example"));
}

}  // namespace
}  // namespace mta
