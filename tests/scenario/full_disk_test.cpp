// A disk that fills: mail is refused in time, nothing is lost, and all goes on by itself when there is room.
#include <gtest/gtest.h>

#include "mta/scheduler/scheduler_thread.h"
#include "tests/sim/town.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t MiB = 1U << 20U;

StatusReport status_on_full_disk(Town& town, Daemon& out) {
  return town.world().loop.run(out.server().scheduler().reports().status());
}

std::uint64_t spool_size(Daemon& out) {
  std::uint64_t octets = 0;
  for (const auto& name : out.disk().files("/spool")) octets += out.disk().contents("/spool/" + name).size();
  return octets;
}

Mail mail_of(std::size_t bytes, bool dense = false) {
  Mail mail = to("gmail.test");
  mail.bytes = bytes;
  mail.dense = dense;
  return mail;
}

std::uint64_t run_with_a_full_disk_at(std::uint64_t nth, std::uint64_t times) {
  Town town{seed_from_env_or(27)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta();
  const auto before = out.disk().operations();
  if (nth > 0) out.disk().no_space_at(nth, times);
  out.submit(20, to("gmail.test"));
  town.pass(1h);
  out.restart();
  town.pass(6h);
  EXPECT_EQ(gmail.accepted(), 20U) << "no space at operation " << nth << ", times " << times << "\n" << town.story();
  const auto operations = out.disk().operations() - before;
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
  return operations;
}

TEST(FullDisk, NoSpaceAtEveryWriteLosesNothingAndEndsNoDaemon) {
  const auto operations = run_with_a_full_disk_at(0, 0);
  ASSERT_GT(operations, 60U);
  for (const std::uint64_t times : {1, 2}) {  // once: new mail finds no room, the outcomes that were written with it do
    for (std::uint64_t nth = times; nth < operations && !testing::Test::HasFailure(); nth += 1 + operations / 60)
      run_with_a_full_disk_at(nth, times);
  }
}

TEST(FullDisk, AStartWithNothingFreeServesStatusAndDrainsTheQueue) {
  Town town{seed_from_env_or(272)};
  auto& gmail = town.receiver("gmail.test");
  gmail.close();
  auto& out = town.mta();
  out.submit(20, to("gmail.test"));
  ASSERT_TRUE(town.pass_until([&] { return out.clients.acknowledged() == 20; }, 10min));
  out.crash();
  out.disk().set_free_bytes(0);
  out.start();
  town.pass(2s);
  out.submit(1, to("gmail.test"));
  town.pass(2s);
  const auto status = status_on_full_disk(town, out);
  EXPECT_FALSE(status.accepting);
  EXPECT_NE(status.not_accepting.find("min_free"), std::string::npos) << status.not_accepting;
  EXPECT_EQ(out.clients.acknowledged(), 20U);
  gmail.open();
  town.pass(6h);
  EXPECT_EQ(gmail.accepted(), 20U) << town.story();
  out.disk().set_free_bytes(2048 * MiB);
  town.pass(6h);
  EXPECT_TRUE(status_on_full_disk(town, out).accepting);
  EXPECT_EQ(gmail.accepted(), 21U) << "and what was refused comes again";
}

TEST(FullDisk, ASpoolThatWasFullAcceptsAgainAMinuteAfterItsMailLeft) {
  Town town{seed_from_env_or(26)};
  auto& gmail = town.receiver("gmail.test");
  gmail.close();
  auto& out = town.mta({.change = [](conf::Config& config) { config.min_free = 100 * MiB; }});
  out.disk().set_free_bytes(220 * MiB);
  out.submit(150, mail_of(1'000'000, true));
  EXPECT_TRUE(town.pass_until([&] { return !out.server().scheduler().accepting(); }, 1h)) << town.story();
  gmail.open();
  town.pass(12h);  // what was refused comes again, as there is room
  EXPECT_EQ(gmail.accepted(), 150U) << town.story();
  EXPECT_EQ(out.waiting(), 0U);
  town.pass(1min);
  EXPECT_TRUE(status_on_full_disk(town, out).accepting);
  EXPECT_LT(spool_size(out), 64 * MiB);
}

TEST(FullDisk, UploadsThatAreRefusedLeaveNothing) {
  Town town{seed_from_env_or(262)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.change = [](conf::Config& config) { config.limits.message_size = 4 * MiB; }});
  out.submit(40, mail_of(5 * MiB));
  town.pass(10min);
  EXPECT_EQ(gmail.accepted(), 0U);
  EXPECT_LT(spool_size(out), 64 * MiB) << town.story();
}

TEST(FullDisk, AnUploadThatAPowerCutEndedIsSweptAndGivenBack) {
  Town town{seed_from_env_or(263)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta();
  out.clients.tries = 1;
  for (int life = 0; life < 12; ++life) {
    out.submit(2, mail_of(20 * MiB));
    const auto before = spool_size(out);
    town.pass_until([&] { return spool_size(out) > before + 8 * MiB; }, 10min);
    out.crash(false);
    out.start();
  }
  gmail.open();
  town.pass(6h);
  EXPECT_LT(spool_size(out), 64 * MiB) << town.story();
}

}  // namespace
}  // namespace mta::sim
