#include "tests/unit/mta/smtp/client_fixture.h"

namespace mta::testing {
namespace {

using conf::TlsLevel;
const std::string with_tls = "250-mx\r\n250 STARTTLS\r\n";
const std::string with_auth = "250-mx\r\n250 AUTH LOGIN PLAIN\r\n";

class ClientTlsTest : public ClientTest {
 protected:
  void server_offers_tls(std::vector<Exchange> rest, const std::string& behind_220 = "") {
    rest.insert(rest.begin(), {{"EHLO", with_tls}, {"STARTTLS", "220 go\r\n" + behind_220, Then::start_tls}});
    server_plays(std::move(rest));
  }
  std::vector<Exchange> mail_goes_through(const std::string& offers = "250 mx\r\n") {
    return {{"EHLO", offers},       {"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"},
            {"DATA", "354 go\r\n"}, {"DOT", "250 ok\r\n"},  {"QUIT", "221 bye\r\n"}};
  }
};

TEST_F(ClientTlsTest, EncryptsWhenItIsOfferedAndSaysEhloAgain) {
  server_offers_tls(mail_goes_through());
  converse();
  ASSERT_TRUE(opening.tls);
  EXPECT_TRUE(heard.at(0).dot.ok());
}

TEST_F(ClientTlsTest, LevelOffNeverAsksForIt) {
  options.tls = TlsLevel::off;
  server_plays(mail_goes_through(with_tls));
  converse();
  EXPECT_FALSE(opening.tls);
  EXPECT_TRUE(heard.at(0).dot.ok());
}

TEST_F(ClientTlsTest, LevelMayGoesOnInClearWhenItIsNotOfferedOrRefused) {
  auto script = mail_goes_through();
  script.insert(script.begin(), {{"EHLO", with_tls}, {"STARTTLS", "454 4.7.0 not now\r\n"}});
  script.erase(script.begin() + 2);
  server_plays(script);
  converse();
  EXPECT_FALSE(opening.tls);
  EXPECT_TRUE(heard.at(0).dot.ok());
}

TEST_F(ClientTlsTest, LevelEncryptRefusesAServerWithoutIt) {
  options.tls = TlsLevel::encrypt;
  server_plays({{"EHLO", "250 mx\r\n"}, {"QUIT", "221 bye\r\n"}});
  converse();
  EXPECT_FALSE(opening.ready);
  ASSERT_TRUE(opening.ours);
  EXPECT_EQ(opening.ours->enhanced, "4.7.4");
}

TEST_F(ClientTlsTest, LevelEncryptRefusesAServerThatRefusesIt) {
  options.tls = TlsLevel::encrypt;
  server_plays({{"EHLO", with_tls}, {"STARTTLS", "454 4.7.0 not now\r\n"}, {"QUIT", "221 bye\r\n"}});
  converse();
  EXPECT_EQ(opening.stage, smtp::Stage::starttls);
  EXPECT_EQ(opening.refusal.code, 454);
}

TEST_F(ClientTlsTest, AHandshakeThatFailsLosesTheLine) {
  for (const auto handshake : {sim::Handshake::alerts, sim::Handshake::closes, sim::Handshake::babbles, sim::Handshake::hangs}) {
    SCOPED_TRACE(static_cast<int>(handshake));
    sim::SimWorld other{3};
    ScriptedServer failing{other, "192.0.2.26:25"};
    failing.identity->handshake = handshake;
    failing.plays("220 mx\r\n", {{"EHLO", with_tls}, {"STARTTLS", "220 go\r\n", Then::start_tls}});
    failing.start();
    const auto connected =
        other.loop.run(other.net.connect(std::nullopt, *Endpoint::parse("192.0.2.26:25"), std::chrono::seconds(30)));
    smtp::ClientSession client(*connected, other.stopwatch, options);
    const smtp::Opening result = other.loop.run(client.open());
    EXPECT_FALSE(result.ready);
    ASSERT_TRUE(result.lost);
    EXPECT_EQ(result.lost->stage, smtp::Stage::starttls);
    EXPECT_FALSE(client.usable());
  }
}

TEST_F(ClientTlsTest, LevelVerifyWantsTheNameOfTheHost) {
  options.tls = TlsLevel::verify;
  server.identity->names = {"other.example.net"};
  server_offers_tls({});
  converse();
  EXPECT_FALSE(opening.ready);
  ASSERT_TRUE(opening.lost);
  EXPECT_EQ(opening.lost->loss, Loss::tls);
}

// RFC 3207 §4.2: octets in clear behind the 220 must not be taken for answers given under TLS.
TEST_F(ClientTlsTest, WhatIsInjectedBehindThe220IsNeverHeard) {
  server_offers_tls(mail_goes_through(), "250-evil\r\n250 AUTH PLAIN\r\n250 injected\r\n");
  server.start();
  world.loop.run(dialogue({{"hello\r\n"}}));
  for (const auto& transcript : heard) {
    EXPECT_NE(transcript.mail.text(), "injected");
    EXPECT_NE(transcript.mail.text(), "evil");
  }
  EXPECT_FALSE(session->offers().auth_plain);
}

// --- AUTH ---

class ClientAuthTest : public ClientTlsTest {
 protected:
  ClientAuthTest() {
    options.tls = TlsLevel::verify;
    options.username = "user";
    options.password = "secret";
  }
};

TEST_F(ClientAuthTest, PlainIsPreferred) {
  auto script = mail_goes_through(with_auth);
  script.insert(script.begin() + 1, {"AUTH PLAIN AHVzZXIAc2VjcmV0", "235 2.7.0 welcome\r\n"});
  server_offers_tls(script);
  converse();
  EXPECT_TRUE(heard.at(0).dot.ok());
}

TEST_F(ClientAuthTest, LoginWhereThereIsNothingElse) {
  auto script = mail_goes_through("250-mx\r\n250 AUTH LOGIN\r\n");
  script.insert(script.begin() + 1,
                {{"AUTH LOGIN", "334 VXNlcm5hbWU6\r\n"}, {"dXNlcg==", "334 UGFzc3dvcmQ6\r\n"}, {"c2VjcmV0", "235 welcome\r\n"}});
  server_offers_tls(script);
  converse();
  EXPECT_TRUE(heard.at(0).dot.ok());
}

TEST_F(ClientAuthTest, ARefusedPasswordIsAValue) {
  server_offers_tls({{"EHLO", with_auth}, {"AUTH PLAIN", "535 5.7.8 wrong\r\n"}, {"QUIT", "221 bye\r\n"}});
  converse();
  EXPECT_EQ(opening.stage, smtp::Stage::auth);
  EXPECT_EQ(opening.refusal.code, 535);
  EXPECT_FALSE(opening.ready);
}

TEST_F(ClientAuthTest, ThePasswordIsNotShownWithoutAVerifiedCertificate) {
  options.tls = TlsLevel::encrypt;
  server.identity->trusted = false;
  server_offers_tls({{"EHLO", with_auth}, {"QUIT", "221 bye\r\n"}});
  converse();
  ASSERT_TRUE(opening.ours);
  EXPECT_EQ(opening.ours->enhanced, "4.7.5");
  EXPECT_EQ(server.heard.find("AUTH"), std::string::npos);
}

TEST_F(ClientAuthTest, NorInClearText) {
  options.tls = TlsLevel::may;
  server_plays({{"EHLO", with_auth}, {"QUIT", "221 bye\r\n"}});
  converse();
  EXPECT_FALSE(opening.ready);
  EXPECT_EQ(server.heard.find("AUTH"), std::string::npos);
}

}  // namespace
}  // namespace mta::testing
