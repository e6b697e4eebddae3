// What a broken disk takes is said, once, and everything else goes on.
#include <gtest/gtest.h>

#include <algorithm>

#include "mta/scheduler/scheduler_thread.h"
#include "queue/keys.h"
#include "queue/store.h"
#include "tests/sim/town.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

std::string newest_log(Daemon& out) {
  std::string newest;
  for (const auto& name : out.disk().files("/spool"))
    if (name.ends_with(".log") && name > newest) newest = name;
  return "/spool/" + newest;
}

StatusReport status_now(Town& town, Daemon& out) { return town.world().loop.run(out.server().scheduler().reports().status()); }

std::size_t damaged_events(Daemon& out) {
  queue::StoreOptions options;
  options.env = out.disk().env();
  const auto store = queue::Store::open(out.config().spool, options);
  std::size_t found = 0;
  for (auto cursor = store->scan(queue::Family::event, "", ""); cursor.valid(); cursor.next())
    found += cursor.value().find("\"type\":\"damaged\"") != std::string_view::npos ? 1 : 0;
  return found;
}

// A daemon that was killed with 40 acknowledged messages in its log.
struct Killed {
  Killed() {
    town.receiver("gmail.test").close();
    out.submit(40, to("gmail.test"));
    EXPECT_TRUE(town.pass_until([this] { return out.clients.acknowledged() == 40; }, 10min));
    town.pass(1s);
    out.crash();
  }
  bool starts() {
    try {
      out.start();
    } catch (const queue::StoreError& error) {
      EXPECT_TRUE(error.damaged) << error.what();
      said = error.what();
      return false;
    }
    return true;
  }
  void expect_it_is_said_until_accepted() {
    ASSERT_FALSE(starts());
    EXPECT_NE(said.find("missing since "), std::string::npos) << said;
    EXPECT_NE(said.find("--accept-damage"), std::string::npos) << said;
    ASSERT_FALSE(starts()) << "it is said again";
    out.accept_damage = true;
    ASSERT_TRUE(starts());
    out.accept_damage = false;
    const auto status = status_now(town, out);
    ASSERT_EQ(status.damaged.size(), 1U);
    EXPECT_EQ(status.damaged[0].what, "log");
    EXPECT_TRUE(status.damaged[0].lost_since.has_value());
    out.stop();
    EXPECT_EQ(damaged_events(out), 1U);
    ASSERT_TRUE(starts()) << "once is enough";
    EXPECT_EQ(status_now(town, out).damaged.size(), 1U);
    out.stop();
    EXPECT_EQ(damaged_events(out), 1U);
  }
  Town town{seed_from_env_or(28)};
  Daemon& out = town.mta();
  std::string said;
};

TEST(Damage, AFlippedOctetInTheLogIsSaidAndTheStartWaitsForTheOperator) {
  Killed killed;
  const auto log = newest_log(killed.out);
  const auto size = killed.out.disk().contents(log).size();
  ASSERT_GT(size, 1000U);
  killed.out.disk().edit(log, [](std::string& octets) { octets[octets.size() / 2] ^= 1; });
  killed.expect_it_is_said_until_accepted();
}

TEST(Damage, ALogCutInHalfIsSaid) {
  Killed killed;
  killed.out.disk().edit(newest_log(killed.out), [](std::string& octets) { octets.resize(octets.size() / 2); });
  killed.expect_it_is_said_until_accepted();
}

TEST(Damage, APowerCutThatTearsWhatWasNeverSyncedStopsNoStart) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Town town{seed};
    town.receiver("gmail.test").close();
    auto& out = town.mta();
    out.submit(30, to("gmail.test"));
    town.pass(Duration(seed * 13));
    ASSERT_NO_THROW(out.crash_and_restart()) << town.story();
    town.pass(1min);
    ASSERT_NO_THROW(out.crash_and_restart()) << town.story();
  }
}

// Bodies of several chunks, so that none of them is kept in memory.
Mail large_to(const std::string& domain) {
  Mail mail = to(domain);
  mail.bytes = 300'000;
  return mail;
}

TEST(Damage, OneBodyThatCannotBeReadIsSetAsideAndTheOthersLeave) {
  Town town{seed_from_env_or(29)};
  auto& gmail = town.receiver("gmail.test");
  gmail.close();
  auto& out = town.mta();
  out.submit(10, large_to("gmail.test"));
  ASSERT_TRUE(town.pass_until([&] { return out.clients.acknowledged() == 10; }, 10min));
  out.restart();  // bodies go to tables
  out.restart();
  out.stop();
  std::string blob;
  for (const auto& name : out.disk().files("/spool"))
    if (name.ends_with(".blob")) blob = "/spool/" + name;
  ASSERT_FALSE(blob.empty());
  out.disk().edit(blob, [](std::string& octets) { octets[octets.size() / 2] ^= 1; });
  out.start();
  gmail.open();
  town.pass(8h);
  EXPECT_EQ(gmail.accepted(), 9U) << town.story();
  EXPECT_EQ(out.waiting(), 1U);
  const auto status = status_now(town, out);
  ASSERT_EQ(status.damaged.size(), 1U);
  EXPECT_EQ(status.damaged[0].what, "body");
  EXPECT_EQ(status.damaged[0].messages, 1U);
  const auto verified = town.world().loop.run(out.server().scheduler().reports().verify());
  ASSERT_EQ(verified.damaged.size(), 1U);
  EXPECT_EQ(verified.messages, 1U);

  QueueFilter filter;
  filter.id = verified.damaged[0].id.text();
  const auto dropped =
      town.world().loop.run(out.server().scheduler().act_on_queue(filter, "", QueueAction::drop, "ann", "damaged"));
  EXPECT_EQ(dropped.recipients, 1U);
  EXPECT_EQ(out.waiting(), 0U);
  EXPECT_TRUE(status_now(town, out).damaged.empty());
  out.stop();
  EXPECT_EQ(damaged_events(out), 1U);
  out.start();
  EXPECT_TRUE(town.world().loop.run(out.server().scheduler().reports().verify()).ok());
}

TEST(Damage, ABodyThatCannotBeReadCanBeReturnedToItsSender) {
  Town town{seed_from_env_or(30)};
  town.receiver("gmail.test").close();
  auto& home = town.receiver("sender.test");
  auto& out = town.mta();
  out.submit(1, large_to("gmail.test"));
  ASSERT_TRUE(town.pass_until([&] { return out.clients.acknowledged() == 1; }, 10min));
  out.restart();
  out.stop();
  for (const auto& name : out.disk().files("/spool"))
    if (name.ends_with(".blob")) out.disk().edit("/spool/" + name, [](std::string& octets) { octets[octets.size() / 2] ^= 1; });
  out.start();
  QueueFilter all;
  town.world().loop.run(out.server().scheduler().act_on_queue(all, "", QueueAction::bounce, "ann", "damaged"));
  town.pass(1h);
  EXPECT_EQ(home.accepted(), 1U) << town.story();
  EXPECT_EQ(out.waiting(), 0U);
}

}  // namespace
}  // namespace mta::sim
