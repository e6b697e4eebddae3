// Who is let in, silence, shutdown, reload.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/mta/submit/post_office.h"

namespace mta {
namespace {

using ::testing::StartsWith;

TEST(Listener, ConnectionsAreLimitedInAllAndPerClient) {
  PostOffice office([](conf::Config& config) { config.limits.connections = 3, config.limits.connections_per_client = 2; });
  auto one = office.greeted("192.0.2.9"), two = office.greeted("192.0.2.9");
  EXPECT_THAT(office.connect("192.0.2.9").hear(), StartsWith("421 4.3.2"));
  auto three = office.greeted("192.0.2.10");
  EXPECT_THAT(office.connect("192.0.2.11").hear(), StartsWith("421 4.3.2"));
  one.say("QUIT");
  one.hear();
  EXPECT_THAT(office.connect("192.0.2.11").hear(), StartsWith("220"));
}

TEST(Listener, ASilentClientHearsWhyItIsSentAway) {
  PostOffice office([](conf::Config& config) { config.limits.command_timeout = std::chrono::minutes(5); });
  auto client = office.greeted();
  const auto began = office.world.stopwatch.now();
  EXPECT_THAT(client.hear(), StartsWith("421 4.4.2"));
  EXPECT_GE(office.world.stopwatch.now() - began, std::chrono::minutes(5));
  EXPECT_LE(office.world.stopwatch.now() - began, std::chrono::seconds(303));
  EXPECT_TRUE(client.closed());
  office.world.loop.pass(std::chrono::seconds(5));
  EXPECT_EQ(office.submission.conversations(), 0U);
}

TEST(Listener, ShutdownLetsAMessageEnd) {
  PostOffice office;
  auto idle = office.greeted(), busy = office.greeted();
  busy.say("MAIL FROM:<a@example.com>");
  busy.say("RCPT TO:<b@example.org>");
  busy.say("DATA");
  office.submission.stop();
  EXPECT_THAT(idle.hear(), StartsWith("421 4.3.2"));
  EXPECT_THAT(busy.say(small_mail + "."), StartsWith("250"));
  EXPECT_THAT(busy.hear(), StartsWith("421 4.3.2"));
  EXPECT_THROW(office.connect(), StreamLost);
  office.world.loop.pass(std::chrono::seconds(5));
  EXPECT_EQ(office.tasks.running(), 0U);
}

TEST(Listener, AConversationEndsWithTheConfigurationItBeganWith) {
  PostOffice office;
  auto before = office.greeted();
  office.configure([](conf::Config& config) { config.limits.message_size = 1000; });
  EXPECT_EQ(before.code("MAIL FROM:<a@example.com> SIZE=2000"), "250");
  EXPECT_EQ(office.greeted().code("MAIL FROM:<a@example.com> SIZE=2000"), "552");
  office.configure([](conf::Config& config) { config.listeners[0].address = "192.0.2.1:25"; });
  office.world.loop.settle();
  EXPECT_THROW(office.connect(), StreamLost);
  EXPECT_THAT(office.connect("192.0.2.9", "192.0.2.1:25").hear(), StartsWith("220"));
}

}  // namespace
}  // namespace mta
