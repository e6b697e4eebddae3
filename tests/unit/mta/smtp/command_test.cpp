// The grammar of commands, by example.
#include "mta/smtp/command.h"

#include <gtest/gtest.h>

#include "mta/smtp/xtext.h"

namespace mta::smtp {
namespace {

using namespace command;

int code(std::string_view line) {
  const auto parsed = parse_command(line);
  const auto* wrong = std::get_if<Wrong>(&parsed);
  return wrong == nullptr ? 0 : wrong->code;
}

template <class T>
T read(std::string_view line) {
  auto parsed = parse_command(line);
  if (auto* found = std::get_if<T>(&parsed)) return std::move(*found);
  ADD_FAILURE() << line << " is another command, or wrong";
  return {};
}

TEST(Command, VerbsAreReadWithoutRegardToCase) {
  EXPECT_TRUE(read<Hello>("ehlo example.com").extended);
  EXPECT_FALSE(read<Hello>("HeLo [192.0.2.1]").extended);
  read<Data>("data ");
  read<Rset>("RSET");
  read<Quit>("quit");
  read<StartTls>("STARTTLS");
  EXPECT_EQ(code("DATA now"), 501);
  EXPECT_EQ(code("EHLO"), 501);
  EXPECT_EQ(code(""), 500);
  EXPECT_EQ(code("MAILFROM:<a@b>"), 500);
}

TEST(Command, MailTakesEveryParameterWeOffer) {
  const auto mail = read<Mail>("MAIL FROM:<a@example.com> SIZE=123 BODY=8BITMIME SMTPUTF8 AUTH=<> RET=FULL ENVID=x+2By");
  EXPECT_EQ(mail.sender, "a@example.com");
  EXPECT_EQ(mail.size, 123U);
  EXPECT_TRUE(mail.smtputf8);
  EXPECT_EQ(mail.ret, queue::Return::full);
  EXPECT_EQ(mail.envid, "x+2By");
  EXPECT_EQ(read<Mail>("MAIL FROM:<>").sender, "");
  EXPECT_EQ(read<Mail>("mail from: <a@b>").sender, "a@b");
}

TEST(Command, BadParametersAreToldApartFromUnknownOnes) {
  for (const auto* bad : {"SIZE=x", "SIZE", "SIZE=99999999999999999999999", "BODY=BINARYMIME", "SMTPUTF8=1", "RET=ALL",
                          "ENVID=a+b", "ENVID=a+2b", "SIZE=1 SIZE=2", "=x", "SIZE=1=2"}) {
    EXPECT_EQ(code(std::string("MAIL FROM:<a@b> ") + bad), 501) << bad;
  }
  EXPECT_EQ(code("MAIL FROM:<a@b> FROB=1"), 555);
  EXPECT_EQ(code("RCPT TO:<a@b> SIZE=1"), 555);
  EXPECT_EQ(code("RCPT TO:<a@b> NOTIFY=NEVER,FAILURE"), 501);
  EXPECT_EQ(code("RCPT TO:<a@b> ORCPT=rfc822"), 501);
  EXPECT_EQ(code("MAIL FROM:<a@b>SIZE=1"), 501);
}

TEST(Command, RecipientsNeedADomainButThePostmaster) {
  EXPECT_EQ(read<Rcpt>("RCPT TO:<postmaster>").recipient, "postmaster");
  EXPECT_EQ(code("RCPT TO:<ann>"), 501);
  EXPECT_EQ(code("RCPT TO:<>"), 501);
  EXPECT_EQ(code("MAIL FROM:<ann>"), 501);
  EXPECT_EQ(code("MAIL FROM:<\xC3\xA4@b>"), 553);
  EXPECT_EQ(read<Rcpt>("RCPT TO:<a@b> NOTIFY=never").notify, queue::notify::never);
}

TEST(Command, BdatAndAuth) {
  EXPECT_TRUE(read<Bdat>("BDAT 0 last").last);
  EXPECT_EQ(read<Bdat>("BDAT 86400").octets, 86400U);
  for (const auto* bad : {"BDAT", "BDAT -1", "BDAT 1 LAST x", "BDAT 99999999999999999999", "BDAT 1 FIRST"})
    EXPECT_EQ(code(bad), 501) << bad;
  EXPECT_EQ(read<Auth>("AUTH plain =").initial, "=");
  EXPECT_EQ(read<Auth>("AUTH plain").mechanism, "PLAIN");
  EXPECT_EQ(code("AUTH"), 501);
  EXPECT_EQ(code("AUTH PLAIN a b"), 501);
}

TEST(Command, LinesHaveLimits) {
  EXPECT_EQ(code("NOOP " + std::string(506, 'x')), 500);
  EXPECT_EQ(code("NOOP " + std::string(505, 'x')), 0);
  EXPECT_EQ(code("AUTH PLAIN " + std::string(12000, 'A')), 0);
  EXPECT_EQ(code("AUTH PLAIN " + std::string(12288, 'A')), 500);
  EXPECT_EQ(code("RCPT TO:<" + std::string(64, 'x') + "@b>"), 0);
  EXPECT_EQ(code("RCPT TO:<" + std::string(65, 'x') + "@b>"), 501);
  EXPECT_EQ(code(std::string("NOOP\0", 5)), 500);
}

TEST(Xtext, DecodesWhatItEncoded) {
  EXPECT_EQ(encode_xtext("a+b=c d"), "a+2Bb+3Dc+20d");
  EXPECT_EQ(decode_xtext("a+2Bb+3Dc+20d"), "a+b=c d");
  for (const auto* wrong : {"+", "+2", "+2b", "a=b", "a b"}) EXPECT_FALSE(decode_xtext(wrong)) << wrong;
}

}  // namespace
}  // namespace mta::smtp
