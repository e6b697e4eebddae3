// What waiting costs, and what ends it: warmup-rules §4, §6–§9.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

warmup::PlanOptions unpaced(std::uint64_t start, double growth = 1.5) {
  auto plan = plan_of(start, growth, 5000);
  plan.pace = warmup::Pace::none;
  return plan;
}

void no_reserves(conf::Config& config) {
  for (auto& each : config.classes) each.reserve = 0;
}

Evidence look_into(Daemon& daemon) {
  daemon.stop();
  Evidence seen;
  daemon.read_spool(seen);
  daemon.start();
  return seen;
}

TEST(WarmupWaitingRules, AWeekOfWaitingForAPermitCostsNoLifetimeThoughTheDaemonIsKilled) {
  Town town{seed_from_env_or(101)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = unpaced(5, 1.01), .change = [](conf::Config& config) {
                          no_reserves(config);
                          config.sources.at(0).overall = "off";
                        }});
  out.submit(100, bulk_to("gmail.test"));
  town.pass(24h * 7 - 1h);
  gmail.manners.delays[Stage::dot] = 20s;
  town.pass(1h + 5s);
  ASSERT_GT(gmail.open_sessions(), 0U) << town.story();
  out.crash_and_restart();
  const auto seen = look_into(out);
  std::size_t tried = 0;
  for (const auto& row : seen.rows) {
    if (row.recipient.attempts == 0) continue;
    ++tried;
    EXPECT_GE(row.recipient.backoff_used, 5min) << row.recipient.address;
    EXPECT_LE(row.recipient.backoff_used, 10min) << row.recipient.address;
  }
  EXPECT_GT(tried, 0U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
