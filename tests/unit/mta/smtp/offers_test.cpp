#include "mta/smtp/offers.h"

#include <gtest/gtest.h>

#include "mta/smtp/envelope.h"

namespace mta::smtp {
namespace {

Offers offers(const std::string& text) { return parse_offers(make_reply(250, "mx.example.org\n" + text)); }

TEST(Offers, KeywordsAreReadInAnyCase) {
  const Offers all =
      offers("pipelining\nSize 1000\n8bitMime\nSMTPUTF8\nDSN\nCHUNKING\nSTARTTLS\nAUTH LOGIN PLAIN CRAM-MD5\nXWHATEVER 1");
  EXPECT_TRUE(all.pipelining && all.eight_bit_mime && all.smtputf8 && all.dsn && all.chunking && all.starttls);
  EXPECT_TRUE(all.auth_plain && all.auth_login && all.size);
  EXPECT_EQ(all.size_limit, 1000U);
}

TEST(Offers, TheFirstLineIsANameNotAnOffer) { EXPECT_EQ(parse_offers(make_reply(250, "PIPELINING")), Offers()); }

TEST(Offers, ASizeWithoutLimitIsStillUnderstood) {
  for (const char* line : {"SIZE", "SIZE 0", "SIZE lots", "SIZE 99999999999999999999999"}) {
    EXPECT_TRUE(offers(line).size) << line;
    EXPECT_FALSE(offers(line).size_limit) << line;
  }
}

TEST(Envelope, ParametersGoOnlyWhereTheyAreOffered) {
  Envelope mail{"a@example.com", 1234, true, true, queue::Return::headers, "id+2B1", {}};
  EXPECT_EQ(mail_from(mail, Offers()), "MAIL FROM:<a@example.com>\r\n");
  EXPECT_EQ(mail_from(mail, offers("SIZE 9\n8BITMIME\nSMTPUTF8\nDSN")),
            "MAIL FROM:<a@example.com> SIZE=1234 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id+2B1\r\n");
  const Envelope::To to{"b@example.org", "rfc822;c@example.net", queue::notify::success | queue::notify::delay};
  EXPECT_EQ(rcpt_to(to, Offers()), "RCPT TO:<b@example.org>\r\n");
  EXPECT_EQ(rcpt_to(to, offers("DSN")), "RCPT TO:<b@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c@example.net\r\n");
  EXPECT_EQ(rcpt_to({"b@example.org", "", queue::notify::never}, offers("DSN")), "RCPT TO:<b@example.org> NOTIFY=NEVER\r\n");
}

TEST(Envelope, ParametersThatAreNoWordAreLeftOut) {
  Envelope mail{"", 0, false, false, queue::Return::unset, "a\r\nRSET", {}};
  EXPECT_EQ(mail_from(mail, offers("DSN")), "MAIL FROM:<>\r\n");
  EXPECT_EQ(rcpt_to({"b@example.org", "rfc822;a b", 0}, offers("DSN")), "RCPT TO:<b@example.org>\r\n");
}

TEST(Envelope, AnAddressThatCouldEndTheCommandIsNotSpeakable) {
  EXPECT_TRUE(speakable("\"a b\"@example.org"));
  EXPECT_TRUE(speakable("\xe4\xb8\x80@example.org"));
  EXPECT_FALSE(speakable("a@example.org>\r\nDATA"));
  EXPECT_FALSE(speakable(std::string("a\0b@example.org", 15)));
  EXPECT_FALSE(speakable(std::string(321, 'a')));
}

}  // namespace
}  // namespace mta::smtp
