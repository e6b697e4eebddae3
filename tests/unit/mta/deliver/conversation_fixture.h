// tests/unit/mta/deliver/conversation_fixture.h — a desk with assignments, names, and servers that play scripts.
//
// What      The fixture of the conversation's scenarios.
// Units     –
// Promise   Everything happens in simulated time; the desk counts that each assignment is settled once with an outcome for everybody.
// Errors    –
// Source    –
// Not here  the scenarios (conversation_*_test.cpp).
#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "mta/deliver/conversation.h"
#include "tests/unit/mta/smtp/scripted_server.h"

namespace mta::testing {

class ScriptedDesk final : public Desk {
 public:
  awaitable<std::optional<Assignment>> settle(Settlement settlement) override {
    settled.push_back(settlement);
    std::optional<Assignment> next;
    if (settlement.wants_more && !waiting.empty()) {
      next = waiting.front();
      waiting.pop_front();
    }
    co_return next;
  }
  awaitable<bool> renew(std::uint64_t) override { co_return renewed; }
  awaitable<bool> another_copy(std::uint64_t, std::size_t recipients, Instant) override {
    copies += recipients;
    co_return copies_may_leave;
  }
  awaitable<std::string> chunk(queue::MessageId, std::uint32_t number) override {
    if (number >= chunks.size()) throw std::runtime_error("no such row");
    co_return chunks[number];
  }

  std::vector<Settlement> settled;
  bool copies_may_leave = true;
  std::size_t copies = 0;  // that were asked for
  bool renewed = true;     // the answer to a permit of yesterday
  std::deque<Assignment> waiting;
  std::vector<std::string> chunks = {"Subject: hi\r\n\r\nhello\r\n"};
};

class ConversationTest : public ::testing::Test {
 protected:
  using Then = Exchange::Then;

  ConversationTest() : config(std::make_shared<conf::Config>()) {
    config->hostname = "mta1.example.com";
    conf::Source source;
    source.name = "ip-1";
    source.address = "203.0.113.10";
    source.ehlo = "out1.example.com";
    config->sources = {source};
    world.resolver.mx("example.org", 10, "mx1.example.org");
    world.resolver.address("mx1.example.org", "192.0.2.25");
  }

  ScriptedServer& server_at(const std::string& address) {
    auto& server = servers[address];
    if (!server) server = std::make_unique<ScriptedServer>(world, address + ":25");
    return *server;
  }
  ScriptedServer& mx1() { return server_at("192.0.2.25"); }
  ScriptedServer& mx2() {  // a second server, of a worse preference
    world.resolver.mx("example.org", 20, "mx2.example.org");
    world.resolver.address("mx2.example.org", "192.0.2.26");
    return server_at("192.0.2.26");
  }

  static std::vector<Exchange> takes(const std::string& answer = "250 2.0.0 queued\r\n") {
    return {{"EHLO", "250 mx\r\n"}, {"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"},
            {"DATA", "354 go\r\n"}, {"DOT", answer},        {"QUIT", "221 bye\r\n"}};
  }

  Assignment assignment(const std::vector<std::string>& addresses, const std::string& site = "mx1.example.org") {
    Assignment made;
    made.conversation = ++conversations;
    made.config = config;
    made.source = &config->sources.front();
    made.queue.provider = config->sources.front().is_smarthost() ? "*" : "other:example.org";
    made.queue.site = site;
    queue::Message message;
    message.id.value = conversations;
    message.sender = "a@example.com";
    message.accepted = world.calendar.now() - queued_for;
    message.chunks = static_cast<std::uint32_t>(desk.chunks.size());
    for (const auto& chunk : desk.chunks) message.size += chunk.size();
    message.prefix = "DKIM-Signature: v=1\r\n";
    message.eight_bit = eight_bit;
    made.message = std::make_shared<const queue::Message>(message);
    for (std::uint32_t i = 0; i < addresses.size(); ++i) {
      Addressee addressee;
      addressee.number = i;
      addressee.recipient.address = addresses[i];
      addressee.recipient.bound_mx = bound_mx;
      made.addressees.push_back(addressee);
    }
    return made;
  }

  ConversationParts parts() {
    ConversationParts made{world.plain(),
                           desk,
                           std::make_shared<Judge>(config->responses),
                           std::make_shared<Providers>(config->providers),
                           begin_signature,
                           downgrade,
                           hangup,
                           {},
                           failed_extensions};
    return made;
  }

  void converse(const std::vector<std::string>& addresses = {"b@example.org"}) { converse(assignment(addresses)); }
  void converse(Assignment first) {
    for (auto& [address, server] : servers) server->start();
    const std::size_t expected = 1 + desk.waiting.size();
    world.loop.run(mta::converse(std::move(first), parts()));
    world.loop.settle();
    EXPECT_LE(desk.settled.size(), expected);
    EXPECT_GE(desk.settled.size(), 1U);
  }

  const Settlement& settled(std::size_t i = 0) const { return desk.settled.at(i); }
  const Outcome& outcome(std::uint32_t number = 0, std::size_t i = 0) const {
    for (const Outcome& each : desk.settled.at(i).outcomes)
      if (each.number == number) return each;
    throw std::out_of_range("no outcome of that number");
  }

  sim::SimWorld world{sim::seed_from_env_or(11)};
  ScriptedDesk desk;
  std::shared_ptr<conf::Config> config;
  std::map<std::string, std::unique_ptr<ScriptedServer>> servers;
  std::function<std::unique_ptr<dkim::Signature>(const queue::Message&, bool)> begin_signature;
  std::function<std::optional<std::string>(const std::string&)> downgrade;
  std::shared_ptr<Hangup> hangup = std::make_shared<Hangup>();
  std::shared_ptr<FailedExtensions> failed_extensions = std::make_shared<FailedExtensions>();
  Duration queued_for{0};
  std::string bound_mx;
  bool eight_bit = false;
  std::uint64_t conversations = 0;
};

}  // namespace mta::testing
