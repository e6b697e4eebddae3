// What is refused for good for our sake, not for the recipient's: WARMUP.md §8.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "days.h"
#include "mta/scheduler/scheduler_thread.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

constexpr const char* blocked = "550 5.7.1 Service unavailable, client host [192.0.2.10] blocked using Spamhaus";

// A provider that wants an SPF or DKIM record of sender.test.
struct Unauthenticated {
  explicit Unauthenticated(std::uint64_t seed) : town(seed_from_env_or(seed)) {
    town.receiver("sender.test");
    gmail.now_answers("550 5.7.26 This mail has been blocked because the sender is unauthenticated", Stage::dot);
  }
  Town town;
  Receiver& gmail = town.receiver("gmail.test");
  Daemon& out = town.mta({.plan = unpaced(500)});
};

TEST(WarmupWithheld, AfterTwoBouncesTheMailOfADomainThatLacksSomethingWaits) {
  Unauthenticated here{109};
  Town& town = here.town;
  Daemon& out = here.out;
  out.submit(40, bulk_to("gmail.test"));
  town.pass(50min);
  auto seen = look_into(out);
  EXPECT_EQ(count_of(seen, "bounced"), 2U) << town.story();
  const auto held =
      std::find_if(seen.events.begin(), seen.events.end(), [](const EventSeen& each) { return each.change == "held"; });
  ASSERT_NE(held, seen.events.end()) << town.story();
  EXPECT_EQ(held->source, "ip-1");
  EXPECT_THAT(held->text, ::testing::HasSubstr("\"evidence\":[\"550 5.7.26 This mail has been blocked"));
  EXPECT_THAT(held->text, ::testing::HasSubstr("\"alert\":true"));
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupWithheld, TheHoldDoublesWithoutMoreBouncesAndEndsWhenTheMailIsTaken) {
  Unauthenticated here{110};
  Town& town = here.town;
  Receiver& gmail = here.gmail;
  Daemon& out = here.out;
  out.submit(20, bulk_to("gmail.test"));
  town.pass(9h);  // 1, 2, 4 hours
  gmail.now_behaves();
  town.pass(24h);
  const auto seen = look_into(out);
  EXPECT_EQ(count_of(seen, "bounced"), 2U) << town.story();
  EXPECT_EQ(gmail.accepted(), 18U) << town.story();
  const auto alerts = std::count_if(seen.events.begin(), seen.events.end(), [](const EventSeen& each) {
    return each.change == "held" && each.text.find("\"alert\":true") != std::string::npos;
  });
  EXPECT_GE(alerts, 3) << town.story();
  EXPECT_LE(alerts, 5) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupWithheld, ARestartForgetsNeitherWhoIsHeldBackNorForHowLong) {
  Unauthenticated here{111};
  Town& town = here.town;
  Receiver& gmail = here.gmail;
  Daemon& out = here.out;
  out.submit(20, bulk_to("gmail.test"));
  town.pass(90min);  // held back for the second time, two hours now
  const auto held_back = [&] { return town.world().loop.run(out.server().scheduler().reports().status()).withheld; };
  const auto before = held_back();
  ASSERT_EQ(before.size(), 1U) << town.story();
  out.crash_and_restart();
  const auto after = held_back();
  ASSERT_EQ(after.size(), 1U) << town.story();
  EXPECT_EQ(after[0].until, before[0].until);
  EXPECT_EQ(after[0].queues, before[0].queues);
  const auto heard = gmail.connections();
  out.submit(5, bulk_to("gmail.test"));
  town.pass(20min);
  EXPECT_EQ(gmail.connections(), heard) << "new mail of the domain waits with the rest";
  gmail.now_behaves();
  town.pass(24h);
  EXPECT_EQ(gmail.accepted(), 23U) << town.story();
  out.crash_and_restart();
  EXPECT_TRUE(held_back().empty());
  EXPECT_EQ(count_of(look_into(out), "bounced"), 2U);
}

TEST(WarmupWithheld, ARelayThatRefusesADomainIsNotTriedWithEachOfItsMessages) {
  Town town{seed_from_env_or(118)};
  auto& gmail = town.receiver("gmail.test");
  town.receiver("sender.test");
  auto& relay = town.receiver("relay.test");
  relay.now_answers("550 5.7.26 This mail has been blocked because the sender is unauthenticated", Stage::dot);
  auto& out = town.mta({.plan = unpaced(10), .change = [](conf::Config& config) {
                          overflow_when_full(config);
                          add_relay(config);
                        }});
  out.submit(60, bulk_to("gmail.test"));
  town.pass(30min);
  const auto tried = relay.dots().size();
  EXPECT_LT(tried, 30U) << town.story();  // what was in conversation when the third was refused
  out.submit(60, bulk_to("gmail.test"));
  town.pass(20min);
  EXPECT_EQ(relay.dots().size(), tried) << town.story();
  EXPECT_EQ(gmail.accepted(), 10U);
  EXPECT_EQ(count_of(look_into(out), "bounced"), 2U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupBlocked, WhoIsBlockedForGoodGoesByTheOverflowAtOnceWhateverWhenFullSays) {
  Town town{seed_from_env_or(111)};
  auto& gmail = town.receiver("gmail.test");
  auto& relay = town.receiver("relay.test");
  gmail.now_answers(blocked, Stage::mail);
  auto& out = town.mta({.plan = unpaced(300), .change = add_relay});
  out.submit(bulk_to("gmail.test"));
  town.pass(2min);
  EXPECT_EQ(relay.accepted(), 1U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupBlocked, WhoIsBlockedForGoodGoesByAnotherSourceThoughNothingIsConfirmed) {
  Town town{seed_from_env_or(112)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.answers_to[asio::ip::make_address("192.0.2.10")] = blocked;
  auto& out = town.mta({.sources = {"192.0.2.10", "192.0.2.11"}, .plan = unpaced(300)});
  out.submit(bulk_to("gmail.test"));
  town.pass(2min);
  EXPECT_EQ(sent_by(gmail, "192.0.2.11"), 1U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupBlocked, ABlockAtTheBannerSendsItThereToo) {
  Town town{seed_from_env_or(116)};
  auto& gmail = town.receiver("gmail.test");
  auto& relay = town.receiver("relay.test");
  gmail.now_answers("554 5.7.1 your address 192.0.2.10 is blocked using Spamhaus", Stage::banner);
  auto& out = town.mta({.plan = unpaced(300), .change = add_relay});
  out.submit(bulk_to("gmail.test"));
  town.pass(2min);
  EXPECT_EQ(relay.accepted(), 1U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupBlocked, InAnOverflowThatDoesNotAnswerItBouncesAfterADayToo) {
  Town town{seed_from_env_or(117)};
  auto& gmail = town.receiver("gmail.test");
  auto& home = town.receiver("sender.test");
  gmail.now_answers(blocked, Stage::mail);
  town.receiver("relay.test").close();
  auto& out = town.mta({.plan = unpaced(300), .change = add_relay});
  out.submit(bulk_to("gmail.test"));
  town.pass(25h + 10min);
  EXPECT_EQ(out.waiting(), 0U) << town.story();
  EXPECT_EQ(count_of(look_into(out), "bounced"), 1U);
  town.pass(1h);
  EXPECT_EQ(home.accepted(), 1U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupBlocked, WithoutAnotherWayItBouncesADayAfterItsFirstRefusalThoughTheLaneNeverOpens) {
  Town town{seed_from_env_or(113)};
  auto& gmail = town.receiver("gmail.test");
  auto& home = town.receiver("sender.test");
  gmail.now_answers(blocked, Stage::mail);
  auto& out = town.mta({.plan = unpaced(500)});
  out.submit(40, bulk_to("gmail.test"));
  town.pass(24h * 6);
  const auto seen = look_into(out);
  std::map<std::string, Instant> first;
  std::size_t bounced = 0;
  for (const auto& each : seen.events) {
    if (each.type == "deferred") first.try_emplace(each.recipient_id, each.at);
    if (each.type != "bounced") continue;
    ++bounced;
    EXPECT_THAT(each.text, ::testing::HasSubstr("blocked using Spamhaus"));
    ASSERT_TRUE(first.contains(each.recipient_id));
    EXPECT_GE(each.at - first[each.recipient_id], 24h);
    EXPECT_LE(each.at - first[each.recipient_id], 24h + 5min);
  }
  std::size_t overdue = 0;
  for (const auto& [id, at] : first) overdue += at + 24h + 5min < town.now() ? 1U : 0U;
  EXPECT_GT(overdue, 3U) << town.story();
  EXPECT_GE(bounced, overdue) << town.story();
  EXPECT_EQ(count_of(seen, "expired"), 0U);
  EXPECT_EQ(count_of(seen, "suppressed"), 0U);
  town.pass(1h);
  EXPECT_GT(home.accepted(), 0U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
