// tests/unit/mta/smtp/client_fixture.h — one client, one scripted server, one message.
//
// What      The fixture of the client's scenarios.
// Units     –
// Promise   Everything happens in simulated time.
// Errors    –
// Source    –
// Not here  the scenarios (client_*_test.cpp).
#pragma once

#include <gtest/gtest.h>

#include <numeric>

#include "mta/smtp/client_session.h"
#include "tests/unit/mta/smtp/scripted_server.h"

namespace mta::testing {

class PiecesBody final : public smtp::Body {
 public:
  explicit PiecesBody(std::vector<std::string> pieces, bool breaks = false) : pieces_(std::move(pieces)), breaks_(breaks) {}
  std::uint64_t size() const override {
    return std::accumulate(pieces_.begin(), pieces_.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const std::string& piece) { return sum + piece.size(); });
  }
  awaitable<smtp::Piece> next() override {
    if (breaks_ && at_ + 1 == pieces_.size()) throw smtp::BodyLost("row 1 is not there");
    smtp::Piece piece{pieces_.at(at_), at_ + 1 == pieces_.size()};
    ++at_;
    co_return piece;
  }

 private:
  std::vector<std::string> pieces_;
  bool breaks_;
  std::size_t at_ = 0;
};

class ClientTest : public ::testing::Test {
 protected:
  using Then = Exchange::Then;

  ClientTest() {
    options.ehlo = "out1.example.com";
    options.host = "mx.example.org";
    mail.sender = "a@example.com";
    to({"b@example.org"});
  }

  void to(const std::vector<std::string>& addresses) {
    mail.to.clear();
    for (const auto& address : addresses) mail.to.push_back({address, "", 0});
  }

  void server_plays(std::vector<Exchange> script, std::string banner = "220 mx.example.org ESMTP\r\n") {
    server.plays(std::move(banner), std::move(script));
  }

  // Runs open, send for each of `letters`, quit; the results are kept.
  void converse(std::vector<std::vector<std::string>> letters = {{"Subject: hi\r\n\r\nhello\r\n"}}) {
    server.start();
    world.loop.run(dialogue(std::move(letters)));
    world.loop.settle();
    EXPECT_TRUE(server.surprises.empty()) << ::testing::PrintToString(server.surprises);
  }

  awaitable<void> dialogue(std::vector<std::vector<std::string>> letters) {
    stream = co_await world.net.connect(std::nullopt, *Endpoint::parse("192.0.2.25:25"), std::chrono::seconds(30));
    session = std::make_unique<smtp::ClientSession>(*stream, world.stopwatch, options);
    opening = co_await session->open();
    for (auto& pieces : letters) {
      if (!session->usable()) break;
      PiecesBody body(pieces, body_breaks);
      mail.size = body.size();
      const smtp::Transcript transcript = co_await session->send(mail, body);
      heard.push_back(transcript);
    }
    usable_at_end = session->usable();
    co_await session->quit();
  }

  static std::vector<Exchange> plain(std::vector<Exchange> rest,
                                     const std::string& offers = "250-mx\r\n250 ENHANCEDSTATUSCODES\r\n") {
    rest.insert(rest.begin(), {"EHLO out1.example.com", offers});
    return rest;
  }

  sim::SimWorld world{sim::seed_from_env_or(3)};
  ScriptedServer server{world, "192.0.2.25:25"};
  smtp::ClientOptions options;
  smtp::Envelope mail;
  smtp::Opening opening;
  std::vector<smtp::Transcript> heard;
  bool usable_at_end = false, body_breaks = false;
  std::unique_ptr<Stream> stream;
  std::unique_ptr<smtp::ClientSession> session;
};

}  // namespace mta::testing
