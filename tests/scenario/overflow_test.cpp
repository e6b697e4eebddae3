// Full lines, what comes back, a clock that is set: WARMUP.md §3, §6.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

void add_old_relay(conf::Config& config) {
  add_relay(config);
  for (auto& each : config.classes) each.when_full = warmup::WhenFull::overflow;
}

std::vector<EventSeen> events_of(Daemon& daemon, const std::string& type) {
  auto events = look_into(daemon).events;
  std::erase_if(events, [&](const EventSeen& each) { return each.type != type; });
  return events;
}

TEST(WarmupFull, ALineThatWouldWaitLongerThanMaxWaitIsRefusedAtRcptOnceItsProviderIsKnown) {
  Town town{seed_from_env_or(31)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(10, 1.1, 5000), .change = [](conf::Config& config) {
                          config.listeners.at(0).mail_class = "bulk";
                          for (auto& each : config.classes) each.when_full = warmup::WhenFull::tempfail, each.max_wait = 24h;
                        }});
  out.clients.tries = 1;
  out.submit(60, bulk_to("gmail.test"));  // nobody knows the provider yet: RCPT is taken
  town.pass(1h);
  out.submit(bulk_to("gmail.test"));  // what DNS said has run out meanwhile
  town.pass(1min);
  const auto late = out.submit(bulk_to("gmail.test"));
  const auto elsewhere = out.submit(bulk_to("nobody-asked-before.test"));
  town.pass(1h);
  const auto& refused = out.clients.submissions().at(late - 1);
  EXPECT_EQ(refused.state, Submission::State::refused);
  ASSERT_FALSE(refused.replies.empty());
  EXPECT_THAT(refused.replies.front(),
              HasSubstr("451 4.7.1 the queue to this provider is full; other:gmail.test opens about 2026-01-"));
  EXPECT_EQ(out.clients.submissions().at(elsewhere - 1).state, Submission::State::acknowledged);
  const auto events = events_of(out, "refused");
  const auto known = std::find_if(events.begin(), events.end(), [](const EventSeen& each) {
    return each.text.find("\"time\":\"2026-01-05T01:") != std::string::npos;
  });
  ASSERT_NE(known, events.end()) << town.story();
  EXPECT_THAT(known->text, HasSubstr("\"stage\":\"rcpt\""));
  EXPECT_LE(gmail.accepted(), 10U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupFull, MailOfOursThatComesBackIsRefusedAndItsRelayPaused) {
  Town town{seed_from_env_or(32)};
  auto& gmail = town.receiver("gmail.test");
  auto& relay = town.receiver("relay.test");
  auto& out = town.mta({.plan = plan_of(40, 1.5, 5000), .change = add_old_relay});
  out.submit(100, bulk_to("gmail.test"));
  town.pass(4h);
  const auto relayed = relay.accepted();
  ASSERT_GT(relayed, 0U);
  out.clients.tries = 1;
  Mail back = to("gmail.test");
  back.headers = "Received: " + relay.copies().front().letter->header("Received") + "\r\n";
  const auto number = out.submit(back);
  out.submit(60, bulk_to("gmail.test"));
  town.pass(12h);
  EXPECT_THAT(out.clients.submissions().at(number - 1).replies.front(), HasSubstr("554 5.4.6"));
  EXPECT_EQ(relay.accepted(), relayed) << town.story();  // the rest waits for the new address
  EXPECT_LE(gmail.accepted(), 40U);
  const auto events = events_of(out, "lane");
  const auto paused = std::find_if(events.begin(), events.end(), [](const EventSeen& each) { return each.change == "paused"; });
  ASSERT_NE(paused, events.end());
  EXPECT_EQ(paused->source, "old-relay");
  EXPECT_THAT(paused->text, HasSubstr("\"alert\":true"));
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

struct Refused {
  Stage stage;
  const char* reply;
  Duration longest;  // until it is asked again, once it is well
};

// The relay is well again; what waits for max_wait goes by it without an operator.
TEST(WarmupOverflow, ABrakedRelayThatIsOnlyAnOverflowIsAskedAgainByTheMailThatWaits) {
  const std::vector<Refused> refusals = {
      {Stage::mail, "421 4.7.0 too much mail from your IP address, rate limited, try again later", 90min},
      {Stage::banner, "421 4.7.0 too much mail from your IP address, rate limited, try again later", 90min},
      {Stage::mail, "530 5.7.0 Authentication required", 4h},
      {Stage::rcpt, "550 5.7.1 Relaying denied", 4h},
      {Stage::mail, "550 5.7.1 Service unavailable, client host blocked using Spamhaus", 4h},
  };
  for (const auto& [stage, reply, longest] : refusals) {
    SCOPED_TRACE(reply);
    Town town{seed_from_env_or(141)};
    auto& gmail = town.receiver("gmail.test");
    auto& relay = town.receiver("relay.test");
    relay.now_answers(reply, stage);
    auto& out = town.mta({.plan = at_once(100), .change = [](conf::Config& config) {
                            no_reserves(config);
                            add_relay(config);
                            for (auto& each : config.classes) {
                              each.max_wait = 15min;
                              each.on_max_wait = warmup::OnMaxWait::overflow;
                            }
                          }});
    out.submit(330, bulk_to("gmail.test"));
    town.pass(75min);
    ASSERT_GT(relay.connections(), 0U) << town.story();
    ASSERT_EQ(relay.accepted(), 0U);
    EXPECT_LE(relay.connections(), 12U) << town.story();  // a probe at a time, at intervals that double
    relay.now_behaves();
    town.pass(longest + 30min);
    EXPECT_EQ(gmail.accepted(), 100U);
    EXPECT_EQ(relay.accepted(), 230U) << town.story();
    EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
  }
}

TEST(WarmupOverflow, ABrakedRelayIsAskedByAnotherMessageEachTime) {
  Town town{seed_from_env_or(142)};
  town.receiver("gmail.test");
  auto& relay = town.receiver("relay.test");
  relay.now_answers("421 4.7.0 too much mail from your IP address, rate limited, try again later", Stage::rcpt);
  relay.manners.pipelining = false;
  auto& out = town.mta({.plan = at_once(10), .change = add_old_relay});
  out.submit(40, bulk_to("gmail.test"));
  town.pass(6h);
  std::set<std::string> asked;
  for (const auto& event : events_of(out, "deferred")) asked.insert(event.recipient);
  EXPECT_GE(asked.size(), 5U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupOverflow, ManySitesShareTheProbeOfABrakedRelay) {
  Town town{seed_from_env_or(143)};
  constexpr std::size_t sites = 60;
  for (std::size_t i = 0; i < sites; ++i) town.receiver("site" + std::to_string(i) + ".test");
  auto& relay = town.receiver("relay.test");
  relay.now_answers("421 4.7.0 too much mail from your IP address, rate limited, try again later");
  auto& out = town.mta({.plan = at_once(1), .change = add_old_relay});
  for (std::size_t i = 0; i < sites; ++i) out.submit(4, bulk_to("site" + std::to_string(i) + ".test"));
  town.pass(3h);
  const auto before = relay.connections();
  EXPECT_LE(before, 40U) << town.story();
  relay.now_behaves();
  town.pass(3h);
  EXPECT_GE(relay.accepted(), sites * 3) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupClock, AClockThatIsSetIsAnEventAndOpensNoDay) {
  Town town{seed_from_env_or(33)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(40, 1.5, 5000)});
  out.submit(200, bulk_to("gmail.test"));
  town.pass(10h);
  EXPECT_GT(gmail.accepted(), 10U);
  town.world().calendar.jump(24h * 3);
  town.pass(4h);
  EXPECT_LE(gmail.accepted(), 40U) << town.story();
  const auto events = events_of(out, "clock");
  ASSERT_EQ(events.size(), 1U) << town.story();
  EXPECT_THAT(events.front().text, HasSubstr("\"boot\":"));
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
