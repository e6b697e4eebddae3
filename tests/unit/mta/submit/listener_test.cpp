// Who is let in, silence, shutdown, reload.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/mta/submit/post_office.h"

namespace mta {
namespace {

using ::testing::StartsWith;

TEST(Listener, ConnectionsAreLimitedInAllAndPerClient) {
  PostOffice context([](conf::Config& config) { config.limits.connections = 3, config.limits.connections_per_client = 2; });
  auto one = context.greeted("192.0.2.9"), two = context.greeted("192.0.2.9");
  EXPECT_THAT(context.connect("192.0.2.9").hear(), StartsWith("421 4.3.2"));
  one.say("QUIT");
  one.hear();
  auto three = context.greeted("192.0.2.10"), four = context.greeted("192.0.2.11");
  EXPECT_THAT(context.connect("192.0.2.12").hear(), StartsWith("421 4.3.2"));
  two.say("QUIT");
  two.hear();
  EXPECT_THAT(context.connect("192.0.2.12").hear(), StartsWith("220"));
}

TEST(Listener, ASilentClientHearsWhyItIsSentAway) {
  PostOffice context([](conf::Config& config) { config.limits.command_timeout = std::chrono::minutes(5); });
  auto client = context.greeted();
  const auto began = context.world.stopwatch.now();
  EXPECT_THAT(client.hear(), StartsWith("421 4.4.2"));
  EXPECT_GE(context.world.stopwatch.now() - began, std::chrono::minutes(5));
  EXPECT_LE(context.world.stopwatch.now() - began, std::chrono::seconds(303));
  EXPECT_TRUE(client.closed());
  context.world.loop.pass(std::chrono::seconds(5));
  EXPECT_EQ(context.submission.conversations(), 0U);
}

// One octet a second, until the server closes or `longest` is over; how long that took.
std::chrono::seconds trickle(PostOffice& context, TestClient& client, std::chrono::seconds longest) {
  const auto began = context.world.stopwatch.now();
  const auto passed = [&] { return std::chrono::floor<std::chrono::seconds>(context.world.stopwatch.now() - began); };
  while (passed() < longest && context.submission.conversations() > 0) {
    client.send("x");
    context.world.loop.pass(std::chrono::seconds(1));
  }
  return passed();
}

TEST(Listener, ALetterASecondHoldsAConnectionNoLongerThanTheTimeForACommand) {
  PostOffice context;
  auto client = context.greeted();
  const auto took = trickle(context, client, std::chrono::minutes(20));
  EXPECT_GE(took, std::chrono::minutes(5));
  EXPECT_LE(took, std::chrono::seconds(305));
  EXPECT_THAT(client.hear(), StartsWith("421 4.4.2 the command took too long"));
}

TEST(Listener, TheWholeDialogueOfAuthHasOneDeadline) {
  PostOffice context;
  auto client = context.connect("127.0.0.1");
  client.hear(), client.say("EHLO client.example");
  EXPECT_THAT(client.say("AUTH LOGIN"), StartsWith("334"));
  context.world.loop.pass(std::chrono::minutes(4));
  EXPECT_THAT(client.say(base64("user")), StartsWith("334"));
  EXPECT_LE(trickle(context, client, std::chrono::minutes(20)), std::chrono::seconds(65));
}

TEST(Listener, ABodyThatTricklesIsCutAfterAMinute) {
  for (const bool chunked : {false, true}) {
    PostOffice context;
    auto client = context.greeted();
    client.say("MAIL FROM:<a@example.com>"), client.say("RCPT TO:<b@example.org>");
    if (chunked)
      client.send("BDAT 100000 LAST\r\n");
    else
      client.say("DATA");
    EXPECT_LE(trickle(context, client, std::chrono::minutes(20)), std::chrono::seconds(63));
    EXPECT_EQ(client.hear(), "421 4.4.2 the message brings less than 500 octets a second, closing");
    EXPECT_TRUE(context.spool.letters.empty());
  }
}

TEST(Listener, ManySmallBdatsDoNotStretchABody) {
  PostOffice context;
  auto client = context.greeted();
  client.say("MAIL FROM:<a@example.com>"), client.say("RCPT TO:<b@example.org>");
  int chunks = 0;
  while (context.submission.conversations() > 0 && ++chunks < 100) {
    client.send("BDAT 1\r\nx");
    context.world.loop.pass(std::chrono::seconds(10));
  }
  EXPECT_LE(chunks, 8);
}

TEST(Listener, ASlowDiskIsNotHeldAgainstTheClient) {
  PostOffice context;
  context.spool.disk_takes = std::chrono::minutes(3);
  std::string body;
  while (body.size() < 300'000) body += std::string(70, 'x') + "\r\n";
  EXPECT_THAT(context.greeted().mail(small_mail + body), StartsWith("250"));
}

TEST(Listener, AHandshakeThatNeverComesEnds) {
  PostOffice context([](conf::Config& config) { config.listeners[0].tls = conf::ListenerTls::implicit; });
  auto client = context.connect();
  context.world.loop.pass(std::chrono::seconds(65));
  EXPECT_EQ(context.submission.conversations(), 0U);
}

TEST(Listener, WhenConnectionsAreScarceSilentStrangersHaveTenSeconds) {
  PostOffice context([](conf::Config& config) { config.limits.connections = 10; });
  auto known = context.greeted();
  std::vector<TestClient> strangers;
  for (int n = 0; n < 7; ++n) strangers.push_back(context.greeted("198.51.100." + std::to_string(n)));
  context.world.loop.pass(std::chrono::seconds(20));
  EXPECT_EQ(context.submission.conversations(), 8U) << "there are plenty";
  strangers.push_back(context.greeted("198.51.100.8"));
  context.world.loop.pass(std::chrono::seconds(12));
  EXPECT_THAT(strangers[0].hear(), StartsWith("421 4.4.2 too many clients are connected"));
  EXPECT_EQ(known.code("NOOP"), "250") << "a client that may relay is not hurried";
}

TEST(Listener, TwelveAddressesDoNotKeepOthersOut) {
  PostOffice context([](conf::Config& config) { config.limits.connections = 24, config.limits.connections_per_client = 2; });
  std::vector<TestClient> crowd;
  for (int n = 0; n < 24; ++n) crowd.push_back(context.greeted("192.0.2." + std::to_string(100 + n / 2)));  // they may relay
  ASSERT_EQ(context.submission.conversations(), 24U);
  EXPECT_THAT(context.connect("198.51.100.7").hear(), StartsWith("220"));
  EXPECT_THAT(context.connect("192.0.2.9").hear(), StartsWith("220")) << "another address of the crowded network";
  context.world.loop.pass(std::chrono::seconds(1));
  EXPECT_LE(context.submission.conversations(), 24U);
  EXPECT_THAT(crowd[0].hear(), StartsWith("421 4.3.2 too many connections"));
}

TEST(Listener, AStrangerWhoOnlyTalksIsSentAway) {
  PostOffice context;
  auto client = context.greeted("198.51.100.7");
  int said = 0;
  while (said < 200 && client.code("NOOP") == "250") ++said;
  EXPECT_LE(said, 100);
  auto known = context.greeted();
  for (int n = 0; n < 200; ++n) EXPECT_EQ(known.code("NOOP"), "250");
}

TEST(Listener, WhatAStrangerIsRefusedIsCountedInOneEventAMinute) {
  PostOffice context;
  std::size_t said = 0;
  for (int connection = 0; connection < 10; ++connection) {
    auto stranger = context.greeted("198.51.100.7");
    stranger.say("MAIL FROM:<a@example.com>");
    for (int n = 0; n < 90; ++n) said += stranger.code("RCPT TO:<b@example.org>") == "550" ? 1 : 0;
    stranger.hang_up();
  }
  EXPECT_EQ(said, 900U);
  EXPECT_EQ(context.refused.size(), 1U);
  context.world.loop.pass(std::chrono::minutes(2));
  ASSERT_EQ(context.refused.size(), 2U);
  EXPECT_EQ(context.refused[0].count + context.refused[1].count, 900U);
  EXPECT_EQ(context.refused[1].recipient, "b@example.org");
  EXPECT_EQ(context.tasks.running(), 1U) << "the listener; nothing goes on watching";
}

TEST(Listener, AStrangersMailToPostmasterIsSmallAndBounded) {
  PostOffice context;
  const auto mail = [&](std::size_t size) {
    auto stranger = context.greeted("198.51.100.7");
    stranger.say("MAIL FROM:<a@example.com>"), stranger.say("RCPT TO:<postmaster>"), stranger.say("DATA");
    std::string body;
    while (body.size() < size) body += std::string(70, 'x') + "\r\n";
    return stranger.say(small_mail + body + ".").substr(0, 9);
  };
  EXPECT_EQ(mail(1000), "250 2.0.0");
  EXPECT_EQ(mail(2U << 20U), "552 5.3.4");
  int taken = 0;
  while (taken < 200 && mail(1'000'000) == "250 2.0.0") ++taken;
  EXPECT_LE(taken, 70);
  EXPECT_THAT(context.greeted().mail(small_mail), StartsWith("250")) << "others are not concerned";
}

TEST(Listener, ShutdownLetsAMessageEnd) {
  PostOffice context;
  auto idle = context.greeted(), busy = context.greeted();
  busy.say("MAIL FROM:<a@example.com>");
  busy.say("RCPT TO:<b@example.org>");
  busy.say("DATA");
  context.submission.stop();
  EXPECT_THAT(idle.hear(), StartsWith("421 4.3.2"));
  EXPECT_THAT(busy.say(small_mail + "."), StartsWith("250"));
  EXPECT_THAT(busy.hear(), StartsWith("421 4.3.2"));
  EXPECT_THROW(context.connect(), StreamLost);
  context.world.loop.pass(std::chrono::seconds(5));
  EXPECT_EQ(context.tasks.running(), 0U);
}

TEST(Listener, WhoIsBeingAnsweredWhenWeShutDownIsSentAwayRightBehindTheReply) {
  PostOffice office;
  office.world.net.everywhere().window = 60;  // the reply to EHLO is longer: its end waits until the client reads
  auto client = office.connect();
  client.hear();
  client.send("EHLO client.example\r\n");
  office.world.loop.pass(std::chrono::seconds(1));
  office.submission.stop();
  office.world.loop.pass(std::chrono::seconds(1));
  const auto began = office.world.stopwatch.now();
  EXPECT_THAT(client.hear(), StartsWith("250"));
  EXPECT_THAT(client.hear(), StartsWith("421 4.3.2"));
  EXPECT_TRUE(client.closed());
  EXPECT_LE(office.world.stopwatch.now() - began, std::chrono::seconds(1));
}

TEST(Listener, AConversationEndsWithTheConfigurationItBeganWith) {
  PostOffice context;
  auto before = context.greeted();
  context.configure([](conf::Config& config) { config.limits.message_size = 1000; });
  EXPECT_EQ(before.code("MAIL FROM:<a@example.com> SIZE=2000"), "250");
  EXPECT_EQ(context.greeted().code("MAIL FROM:<a@example.com> SIZE=2000"), "552");
  context.configure([](conf::Config& config) { config.listeners[0].address = "192.0.2.1:25"; });
  context.world.loop.settle();
  EXPECT_THROW(context.connect(), StreamLost);
  EXPECT_THAT(context.connect("192.0.2.9", "192.0.2.1:25").hear(), StartsWith("220"));
}

}  // namespace
}  // namespace mta
