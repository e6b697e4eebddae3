// STARTTLS, implicit TLS and AUTH.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mta/submit/sasl.h"
#include "tests/unit/mta/submit/post_office.h"

namespace mta {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// openssl passwd -6 -salt saltsalt secret
constexpr const char* secret =
    "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1";

void with_users(conf::Config& config) {
  config.users["ann"] = {"ann", secret, {"example.com"}, ""};
  config.users["bob"] = {"bob", secret, {}, "bulk"};
}

TestClient secured(PostOffice& context, const std::string& from = "198.51.100.7") {
  auto client = context.greeted(from);
  client.say("STARTTLS");
  client.start_tls();
  client.say("EHLO client.example");
  return client;
}

std::string plain(const std::string& user, const std::string& password) {
  return base64(std::string(1, '\0') + user + std::string(1, '\0') + password);
}

TEST(Login, StartTlsBeginsANewConversation) {
  PostOffice context(with_users);
  auto client = context.greeted();
  client.say("MAIL FROM:<a@example.com>");
  EXPECT_EQ(client.say("STARTTLS"), "220 2.0.0 go ahead");
  client.start_tls();
  EXPECT_EQ(client.code("MAIL FROM:<a@example.com>"), "503");  // say EHLO again
  const auto offers = client.say("EHLO client.example");
  EXPECT_THAT(offers, HasSubstr("250-AUTH PLAIN LOGIN"));
  EXPECT_THAT(offers, Not(HasSubstr("STARTTLS")));
  EXPECT_EQ(client.code("STARTTLS"), "503");
}

TEST(Login, WhatWasSaidBeforeTheHandshakeIsForgotten) {
  PostOffice context(with_users);
  auto client = context.greeted();
  client.send("STARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@example.com>\r\n");
  EXPECT_THAT(client.hear(), StartsWith("220"));
  client.start_tls();
  EXPECT_THAT(client.say("NOOP"), StartsWith("250 2.0.0 fine"));
  EXPECT_EQ(client.code("RCPT TO:<b@example.org>"), "503");
}

TEST(Login, ImplicitTlsComesBeforeTheBanner) {
  PostOffice context([](conf::Config& config) { config.listeners[0].tls = conf::ListenerTls::implicit; });
  auto client = context.connect();
  client.start_tls();
  EXPECT_THAT(client.hear(), StartsWith("220 mta1"));
  client.say("EHLO c");
  client.mail(small_mail);
  EXPECT_THAT(context.only_letter().content, HasSubstr("with ESMTPS\r\n\t(TLSv1.3"));
}

TEST(Login, PlainWithAndWithoutInitialResponse) {
  PostOffice context(with_users);
  EXPECT_THAT(secured(context).say("AUTH PLAIN " + plain("ann", "secret")), StartsWith("235 2.7.0"));
  auto client = secured(context);
  EXPECT_EQ(client.say("auth plain"), "334 ");
  EXPECT_THAT(client.say(plain("ann", "secret")), StartsWith("235 2.7.0"));
  EXPECT_EQ(client.code("AUTH PLAIN"), "503");
  EXPECT_EQ(context.submission.context().credentials.hashed(), 1U) << "the second login costs no hash";
}

TEST(Login, LoginAsksForNameAndPassword) {
  PostOffice context(with_users);
  auto client = secured(context);
  EXPECT_EQ(client.say("AUTH LOGIN"), "334 VXNlcm5hbWU6");
  EXPECT_EQ(client.say(base64("bob")), "334 UGFzc3dvcmQ6");
  EXPECT_THAT(client.say(base64("secret")), StartsWith("235"));
  EXPECT_THAT(client.mail(small_mail), StartsWith("250"));
  EXPECT_EQ(context.only_letter().message.user, "bob");
  EXPECT_EQ(context.only_letter().message.mail_class, "bulk");
  EXPECT_THAT(context.only_letter().content, HasSubstr("with ESMTPSA\r\n"));
}

TEST(Login, AnExchangeCanBeCancelledAndNonsenseIsRefused) {
  PostOffice context(with_users);
  auto client = secured(context);
  client.say("AUTH LOGIN");
  EXPECT_THAT(client.say("*"), StartsWith("501 5.7.0"));
  client.say("AUTH PLAIN");
  EXPECT_THAT(client.say("!!!"), StartsWith("501 5.5.2"));
  EXPECT_THAT(client.say("AUTH PLAIN " + base64("no nul")), StartsWith("501 5.5.2"));
  EXPECT_THAT(client.say("AUTH GSSAPI"), StartsWith("504 5.5.4"));
  client.say("MAIL FROM:<a@example.com>");
  EXPECT_EQ(client.code("AUTH PLAIN"), "503");
}

TEST(Login, WrongPasswordsAreSlowAndFew) {
  PostOffice context(with_users);
  auto client = secured(context);
  const auto began = context.world.stopwatch.now();
  EXPECT_THAT(client.say("AUTH PLAIN " + plain("ann", "wrong")), StartsWith("535 5.7.8"));
  EXPECT_THAT(client.say("AUTH PLAIN " + plain("nobody", "secret")), StartsWith("535 5.7.8"));
  EXPECT_THAT(client.say("AUTH PLAIN " + plain("ann", "")), StartsWith("535 5.7.8"));
  EXPECT_THAT(client.hear(), StartsWith("421 4.7.0"));
  EXPECT_GE(context.world.stopwatch.now() - began, std::chrono::seconds(6));
  EXPECT_EQ(context.submission.context().credentials.hashed(), 3U) << "an unknown user costs as much";
}

TEST(Login, AChangedPasswordIsNotRemembered) {
  PostOffice context(with_users);
  secured(context).say("AUTH PLAIN " + plain("ann", "secret"));
  context.configure([](conf::Config& config) { config.users["ann"].hash = "*"; });
  EXPECT_THAT(secured(context).say("AUTH PLAIN " + plain("ann", "secret")), StartsWith("535"));
}

TEST(Login, AUserSendsOnlyFromHisDomains) {
  PostOffice context(with_users);
  auto client = secured(context);
  client.say("AUTH PLAIN " + plain("ann", "secret"));
  EXPECT_THAT(client.mail("From: Ann <ann@news.example.com>\r\n\r\nx\r\n"), StartsWith("250"));
  EXPECT_EQ(client.mail("From: ceo@example.net\r\n\r\nx\r\n"), "550 5.7.1 ann may not send with a From address at example.net");
  EXPECT_THAT(client.mail("From: a@example.com, b@example.net\r\n\r\nx\r\n"), StartsWith("550 5.7.1"));
  EXPECT_THAT(client.mail("From: a@example.com@example.net\r\n\r\nx\r\n"), StartsWith("550 5.7.1"));
  EXPECT_THAT(client.mail("From: a@badexample.com\r\n\r\nx\r\n"), StartsWith("550 5.7.1"));
  EXPECT_THAT(client.mail("From: nobody\r\n\r\nx\r\n"), StartsWith("550 5.7.1"));
  EXPECT_EQ(context.spool.letters.size(), 1U);
}

TEST(Sasl, Base64IsStrict) {
  EXPECT_EQ(decode_base64("YQ=="), "a");
  EXPECT_EQ(decode_base64("="), "");
  EXPECT_EQ(decode_base64(""), "");
  for (const auto* wrong : {"YQ", "YQ=", "Y Q=", "YQ==YQ==", "====", "YQ\n=="}) EXPECT_FALSE(decode_base64(wrong)) << wrong;
}

TEST(Sasl, PlainActsForNobodyElse) {
  const std::string nul(1, '\0');
  EXPECT_TRUE(read_plain("ann" + nul + "ann" + nul + "x"));
  EXPECT_FALSE(read_plain("bob" + nul + "ann" + nul + "x"));
  EXPECT_FALSE(read_plain(nul + nul + "x"));
  EXPECT_FALSE(read_plain(nul + "ann" + nul + "x" + nul));
}

}  // namespace
}  // namespace mta
