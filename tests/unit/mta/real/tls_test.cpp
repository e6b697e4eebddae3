// STARTTLS, both roles: what is agreed, what is verified, what is resumed, and how it fails.
#include <gmock/gmock.h>

#include <openssl/ssl.h>

#include "certificate.h"
#include "loopback.h"
#include "mta/real/net.h"

namespace mta::real {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

awaitable<void> shut_after_hearing(Stream& stream, std::size_t octets, std::string& heard) {
  co_await hear(stream, octets, heard);
  co_await stream.shut();
}

// Reads in small pieces with pauses in which the other side runs into a full socket.
awaitable<void> echo_slowly(Stream& stream, std::size_t octets) {
  std::string piece(1500, '\0');
  while (octets > 0) {
    const std::size_t got = co_await stream.read_some({piece.data(), std::min(octets, piece.size())});
    co_await stream.write(std::string_view(piece).substr(0, got));
    octets -= got;
  }
}

class Tls : public ::testing::Test {
 protected:
  struct Outcome {
    TlsFacts client, server;
    Lost client_lost, server_lost;
  };

  // A connection on which both sides have started TLS.
  Outcome start(Pair& pair, TlsRequest client) {
    Outcome outcome;
    TlsRequest server;
    server.identity = identity;
    line.run(note_loss(secure(*pair.client, client, outcome.client), outcome.client_lost),
             note_loss(secure(*pair.server, server, outcome.server), outcome.server_lost));
    return outcome;
  }

  // One word each way: with TLS 1.3 the tickets travel with the first octets of the server.
  void talk(Pair& pair) {
    std::string there, back;
    line.run(say(*pair.client, "hello"), hear(*pair.server, 5, there));
    line.run(say(*pair.server, "there"), hear(*pair.client, 5, back));
    EXPECT_EQ(there + back, "hellothere");
  }

  Certificate mx{"mx.receiver.test"};
  KernelNet net{mx.certificate()};
  std::shared_ptr<const TlsIdentity> identity = net.load_identity(mx.certificate(), mx.key());
  Loopback line{net};
};

TEST_F(Tls, BothSidesAgreeAndTalk) {
  auto pair = line.connect();
  talk(pair);
  const auto outcome = start(pair, {.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = ""});
  EXPECT_EQ(outcome.client.version, "TLSv1.3");
  EXPECT_EQ(outcome.client.version, outcome.server.version);
  EXPECT_EQ(outcome.client.cipher, outcome.server.cipher);
  EXPECT_TRUE(outcome.client.verified) << outcome.client.verify_error;
  EXPECT_EQ(outcome.client.verify_error, "");
  talk(pair);
}

TEST_F(Tls, WhatHasArrivedIsKnownWithoutReadingIt) {
  auto pair = line.connect();
  start(pair, {.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = ""});
  EXPECT_FALSE(pair.client->has_arrived());
  talk(pair);
  EXPECT_FALSE(pair.client->has_arrived()) << "a ticket is nothing that was said";
  std::string heard;
  line.run(say(*pair.server, "250 ok"));
  EXPECT_TRUE(pair.client->has_arrived());
  line.run(hear(*pair.client, 6, heard));
  EXPECT_EQ(heard, "250 ok");
  EXPECT_FALSE(pair.client->has_arrived());
  line.run(pair.server->shut());
  EXPECT_TRUE(pair.client->has_arrived()) << "the end";
}

TEST_F(Tls, ACertificateThatVerifiesIsAcceptedWhenThatIsDemanded) {
  auto pair = line.connect();
  const auto outcome = start(pair, {.identity = nullptr, .host = "mx.receiver.test.", .verify = true, .session_key = ""});
  EXPECT_FALSE(outcome.client_lost.loss) << outcome.client_lost.text;
  EXPECT_TRUE(outcome.client.verified);
  talk(pair);
}

TEST_F(Tls, TheWrongNameIsToldButBearableWhenNotDemanded) {
  auto pair = line.connect();
  const auto outcome = start(pair, {.identity = nullptr, .host = "mx.other.test", .verify = false, .session_key = ""});
  EXPECT_FALSE(outcome.client.verified);
  EXPECT_EQ(outcome.client.verify_error, "hostname mismatch");
  talk(pair);
}

TEST_F(Tls, TheWrongNameIsRefusedWhenDemanded) {
  auto pair = line.connect();
  const auto outcome = start(pair, {.identity = nullptr, .host = "mx.other.test", .verify = true, .session_key = ""});
  EXPECT_EQ(outcome.client_lost.loss, Loss::tls);
  EXPECT_THAT(outcome.client_lost.text, HasSubstr("certificate verify failed: hostname mismatch"));
}

TEST_F(Tls, AnUnknownAuthorityIsNamed) {
  const Certificate other("mx.receiver.test");
  identity = net.load_identity(other.certificate(), other.key());
  auto pair = line.connect();
  const auto outcome = start(pair, {.identity = nullptr, .host = "mx.receiver.test", .verify = true, .session_key = ""});
  EXPECT_EQ(outcome.client_lost.loss, Loss::tls);
  EXPECT_THAT(outcome.client_lost.text, HasSubstr("certificate verify failed: self-signed certificate"));
}

TEST_F(Tls, AnExpiredCertificateIsNamed) {
  const Certificate old("mx.receiver.test", Age::expired);
  KernelNet trusting(old.certificate());
  identity = trusting.load_identity(old.certificate(), old.key());
  Loopback other(trusting);
  auto pair = other.connect();
  TlsFacts facts;
  TlsRequest server;
  server.identity = identity;
  TlsFacts ignored;
  other.run(secure(*pair.client, {.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = ""}, facts),
            secure(*pair.server, server, ignored));
  EXPECT_EQ(facts.verify_error, "certificate has expired");
}

TEST_F(Tls, VerifyingWithoutANameIsRefused) {
  auto pair = line.connect();
  Lost lost;
  TlsFacts facts;
  line.run(note_loss(secure(*pair.client, {.identity = nullptr, .host = "", .verify = true, .session_key = ""}, facts), lost));
  EXPECT_EQ(lost.loss, Loss::tls);
}

TEST_F(Tls, TheSecondConversationResumesTheFirst) {
  for (const bool again : {false, true, true}) {
    auto pair = line.connect();
    const auto outcome =
        start(pair, {.identity = nullptr, .host = "mx.receiver.test", .verify = true, .session_key = "mx.receiver.test:25"});
    EXPECT_EQ(outcome.client.resumed, again);
    EXPECT_EQ(outcome.server.resumed, again);
    EXPECT_TRUE(outcome.client.verified);
    talk(pair);
  }
}

TEST_F(Tls, NothingIsResumedUnderAnotherKeyOrAnotherDemand) {
  const auto resumed = [&](const TlsRequest& wish) {
    auto pair = line.connect();
    const auto outcome = start(pair, wish);
    talk(pair);
    return outcome.client.resumed;
  };
  EXPECT_FALSE(resumed({.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = "one"}));
  EXPECT_FALSE(resumed({.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = "two"}));
  EXPECT_FALSE(resumed({.identity = nullptr, .host = "mx.receiver.test", .verify = true, .session_key = "one"}));
  EXPECT_FALSE(resumed({.identity = nullptr, .host = "mx.other.test", .verify = false, .session_key = "one"}));
  EXPECT_FALSE(resumed({.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = ""}));
  EXPECT_TRUE(resumed({.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = "one"}));
}

TEST(TlsSessionCache, IsBounded) {
  TlsSessions sessions(2);
  for (const char* key : {"a", "b", "c", "c"}) sessions.put(key, SSL_SESSION_new());
  EXPECT_EQ(sessions.size(), 2U);
  EXPECT_EQ(sessions.take("a"), nullptr);
  SSL_SESSION* kept = sessions.take("c");
  EXPECT_NE(kept, nullptr);
  SSL_SESSION_free(kept);
  EXPECT_EQ(sessions.take("c"), nullptr) << "handed out once";
}

TEST_F(Tls, AServerThatTalksPlainAfterStarttlsIsLostAndClosed) {
  auto pair = line.connect();
  Lost lost;
  TlsFacts facts;
  line.run(note_loss(
               secure(*pair.client, {.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = ""}, facts),
               lost),
           say(*pair.server, "454 TLS not available\r\n"));
  EXPECT_EQ(lost.loss, Loss::tls);
  EXPECT_THAT(lost.text, HasSubstr("TLS handshake: wrong version number"));
  Lost after;
  line.run(note_loss(say(*pair.client, "QUIT\r\n"), after));
  EXPECT_EQ(after.loss, Loss::shut) << "nothing leaves in clear after a failed handshake";
}

TEST_F(Tls, AServerThatClosesInsteadOfShakingHandsIsATlsLoss) {
  auto pair = line.connect();
  line.run(pair.server->shut());
  Lost lost;
  TlsFacts facts;
  line.run(note_loss(
      secure(*pair.client, {.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = ""}, facts), lost));
  EXPECT_EQ(lost.loss, Loss::tls);
  EXPECT_THAT(lost.text, HasSubstr("closed the connection during the handshake"));
}

TEST_F(Tls, AHandshakeThatNobodyAnswersTimesOut) {
  auto pair = line.connect();
  pair.client->expires_after(30ms);
  Lost lost;
  TlsFacts facts;
  line.run(note_loss(
      secure(*pair.client, {.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = ""}, facts), lost));
  EXPECT_EQ(lost.loss, Loss::timeout);
}

TEST_F(Tls, AReadUnderTlsTimesOut) {
  auto pair = line.connect();
  start(pair, {.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = ""});
  pair.server->expires_after(30ms);
  Lost lost;
  std::string heard;
  line.run(note_loss(hear(*pair.server, 1, heard), lost));
  EXPECT_EQ(lost.loss, Loss::timeout);
}

TEST_F(Tls, TheEndUnderTlsIsEofWithAndWithoutANotice) {
  for (const bool orderly : {true, false}) {
    auto pair = line.connect();
    start(pair, {.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = ""});
    talk(pair);
    if (orderly) {
      line.run(pair.client->shut());
    } else {
      pair.client->close();
    }
    Lost lost;
    std::string heard;
    line.run(note_loss(hear(*pair.server, 1, heard), lost));
    EXPECT_EQ(lost.loss, Loss::eof) << lost.text;
  }
}

TEST_F(Tls, AMegabyteGoesThereAndBackPastASlowReader) {
  auto pair = line.connect();
  start(pair, {.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = ""});
  std::string big(1U << 20U, 'x');
  for (std::size_t i = 0; i < big.size(); i += 991) big[i] = static_cast<char>('a' + i % 26);
  std::string heard;
  line.run(say(*pair.client, big), shut_after_hearing(*pair.client, big.size(), heard), echo_slowly(*pair.server, big.size()));
  EXPECT_TRUE(heard == big);
}

TEST_F(Tls, ShuttingDownToADeafPeerIsBounded) {
  auto pair = line.connect();
  start(pair, {.identity = nullptr, .host = "mx.receiver.test", .verify = false, .session_key = ""});
  pair.client->expires_after(30ms);
  Lost lost;
  line.run(note_loss(say(*pair.client, std::string(64U << 20U, 'x')), lost));
  EXPECT_EQ(lost.loss, Loss::timeout);
  line.run(pair.client->shut());
}

TEST_F(Tls, BadFilesAreNamed) {
  const auto complaint = [&](const std::string& certificate, const std::string& key) -> std::string {
    try {
      net.load_identity(certificate, key);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "accepted";
  };
  const Certificate other("mx.other.test");
  EXPECT_THAT(complaint("/nonexistent.pem", mx.key()), HasSubstr("cannot use the certificate /nonexistent.pem: "));
  EXPECT_THAT(complaint(mx.certificate(), "/nonexistent.pem"), HasSubstr("cannot use the private key /nonexistent.pem: "));
  EXPECT_THAT(complaint(mx.certificate(), other.key()), HasSubstr("key values mismatch"));
  EXPECT_THROW(KernelNet("/nonexistent.pem"), std::runtime_error);
}

}  // namespace
}  // namespace mta::real
