// What is said of lanes and lines, and when they count as full: WARMUP.md §6, §10.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "days.h"
#include "mta/scheduler/scheduler_thread.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Everything under gmail.test is one provider, whose domains have sites of their own.
void make_google(conf::Config& config) {
  conf::Provider google;
  google.name = "google";
  google.mx = {"*.gmail.test"};
  std::erase_if(config.providers, [](const auto& each) { return each.name == "google"; });
  config.providers.insert(config.providers.begin(), google);
}

TEST(WarmupLines, AProviderWithSeveralSitesHasOneLineForPeople) {
  Town town{seed_from_env_or(51)};
  town.receiver("gmail.test");
  town.receiver("aspmx.gmail.test");
  town.world().resolver.mx("company.test", 10, "mx1.aspmx.gmail.test");
  auto& out = town.mta({.plan = plan_of(10, 1.1, 5000), .change = [](conf::Config& config) {
                          make_google(config);
                          no_reserves(config);
                        }});
  out.submit(bulk_to("gmail.test"));
  out.submit(bulk_to("company.test"));
  town.pass(1min);  // both are known now
  out.submit(60, bulk_to("gmail.test"));
  town.pass(2min);
  const auto number = out.submit(bulk_to("company.test"));  // the first of its site that has to wait
  town.pass(1min);
  const auto& submission = out.clients.submissions().at(number - 1);
  ASSERT_FALSE(submission.replies.empty());
  EXPECT_THAT(submission.replies.back(), HasSubstr("google opens about 2026-01-10")) << "62 wait, ten a day" << town.story();
}

TEST(WarmupLines, AProviderWithSeveralSitesIsFullForAllOfThem) {
  Town town{seed_from_env_or(52)};
  town.receiver("gmail.test");
  town.receiver("aspmx.gmail.test");
  town.world().resolver.mx("company.test", 10, "mx1.aspmx.gmail.test");
  auto& out = town.mta({.plan = plan_of(10, 1.1, 5000), .change = [](conf::Config& config) {
                          make_google(config);
                          config.listeners.at(0).mail_class = "bulk";
                          for (auto& each : config.classes) each.when_full = warmup::WhenFull::tempfail, each.max_wait = 20h;
                        }});
  out.clients.tries = 1;
  out.submit(bulk_to("gmail.test"));
  out.submit(bulk_to("company.test"));
  town.pass(1min);
  out.submit(20, bulk_to("gmail.test"));  // more than go in 20 hours
  town.pass(2min);
  const auto number = out.submit(bulk_to("company.test"));
  town.pass(1min);
  EXPECT_EQ(out.clients.submissions().at(number - 1).state, Submission::State::refused) << town.story();
}

// A mailing comes within the minute for which a forecast would be kept: it is counted as it comes.
TEST(WarmupLines, TheMessageThatWouldWaitTooLongIsRefusedHoweverFastTheyCome) {
  Town town{seed_from_env_or(521)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(10, 1.1, 5000), .change = [](conf::Config& config) {
                          make_google(config);
                          no_reserves(config);
                          config.listeners.at(0).mail_class = "bulk";
                          for (auto& each : config.classes) each.when_full = warmup::WhenFull::tempfail, each.max_wait = 36h;
                        }});
  out.clients.tries = 1;
  out.submit(bulk_to("gmail.test"));
  town.pass(1min);  // its provider is known now
  for (int n = 0; n < 60; ++n) out.submit(bulk_to("gmail.test"));
  town.pass(30s);
  const auto taken = out.clients.acknowledged();
  EXPECT_GE(taken, 10U) << town.story();
  EXPECT_LE(taken, 32U) << "ten today, eleven tomorrow, twelve on the day after";
  town.pass(48h);
  EXPECT_EQ(gmail.accepted(), out.clients.acknowledged()) << "what was taken has gone in its time";
}

TEST(WarmupLines, ALaneThatIsPausedIsFullAtOnceAndAgainOpenWhenItResumes) {
  Town town{seed_from_env_or(54)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.change = [](conf::Config& config) {
    make_google(config);
    for (auto& each : config.classes) each.when_full = warmup::WhenFull::tempfail, each.max_wait = 1h;
  }});
  out.clients.tries = 1;
  const auto answer = [&] {
    const auto number = out.submit(to("gmail.test"));
    const auto answered = [&] { return !out.clients.submissions().at(number - 1).replies.empty(); };
    return town.pass_until(answered, 10min) ? out.clients.submissions().at(number - 1).replies.back() : "none";
  };
  const auto hand = [&](warmup::LaneCommand what, std::optional<Duration> lasts) {
    warmup::LaneCommandRequest wish;
    wish.command = what;
    wish.lasts = lasts;
    town.world().loop.run(out.server().scheduler().lane_command("ip-1", "google", wish));
  };
  EXPECT_THAT(answer(), HasSubstr("250 "));
  town.pass(1min);
  EXPECT_THAT(answer(), HasSubstr("250 "));
  hand(warmup::LaneCommand::pause, 4h);
  EXPECT_THAT(answer(), HasSubstr("451 4.7.1 ")) << town.story();
  hand(warmup::LaneCommand::resume, std::nullopt);
  EXPECT_THAT(answer(), HasSubstr("250 ")) << town.story();
  town.pass(1h);
  EXPECT_EQ(gmail.accepted(), 3U);
}

TEST(WarmupLines, WhatWaitsAtOneSiteFillsTheLineOfAnother) {
  Town town{seed_from_env_or(53)};
  auto& gmail = town.receiver("gmail.test");
  auto& company = town.receiver("aspmx.gmail.test");
  auto& relay = town.receiver("relay.test");
  town.world().resolver.mx("company.test", 10, "mx1.aspmx.gmail.test");
  auto& out = town.mta({.plan = plan_of(100, 1.5, 5000), .change = [](conf::Config& config) {
                          make_google(config);
                          add_relay(config);
                          overflow_when_full(config);
                        }});
  out.submit(bulk_to("gmail.test"));
  out.submit(bulk_to("company.test"));
  town.pass(30s);
  out.submit(90, bulk_to("gmail.test"));
  out.submit(90, bulk_to("company.test"));  // together more than the day has room for
  town.pass(1h);
  EXPECT_GE(relay.accepted(), 70U) << town.story();
  town.pass(23h - 1min);
  EXPECT_LE(gmail.accepted() + company.accepted(), 100U);
  EXPECT_EQ(gmail.accepted() + company.accepted() + relay.accepted(), 182U) << "all go on the first day, here or there";
}

StatusReport status_of(Town& town, Daemon& daemon) {
  return town.world().loop.run(daemon.server().scheduler().reports().status());
}

std::optional<std::uint64_t> waiting_for(const StatusReport& status, const std::string& source, const std::string& provider) {
  for (const auto& lane : status.lanes) {
    if (lane.source == source && lane.provider == provider) return lane.waiting;
  }
  return std::nullopt;
}

TEST(WarmupStatus, ALaneShowsWhoWaitsThoughFortyLinesAreLonger) {
  Town town{seed_from_env_or(54)};
  town.receiver("gmail.test");
  for (int n = 0; n < 45; ++n) town.receiver("s" + std::to_string(n) + ".test");
  auto& out = town.mta({.plan = plan_of(1, 1.1, 10), .change = no_reserves});
  out.submit(4, bulk_to("gmail.test"));
  town.pass(1min);
  for (int n = 0; n < 45; ++n) out.submit(6, bulk_to("s" + std::to_string(n) + ".test"));
  town.pass(1min);
  const StatusReport status = status_of(town, out);
  ASSERT_EQ(status.queues.size(), 40U);
  EXPECT_TRUE(std::none_of(status.queues.begin(), status.queues.end(),
                           [](const QueueReport& line) { return line.provider == "other:gmail.test"; }));
  EXPECT_EQ(waiting_for(status, "ip-1", "other:gmail.test"), 3U);
  EXPECT_EQ(waiting_for(status, "ip-1", "other:"), status.recipients);
  ForecastRequest wish;
  wish.provider = "other:gmail.test";
  const ForecastReport forecast = town.world().loop.run(out.server().scheduler().reports().forecast(wish));
  EXPECT_EQ(forecast.request.waiting, 3U);
  EXPECT_GT(forecast.forecast.days.size(), 1U) << "one a day";
}

TEST(WarmupStatus, WhatIsInTheOverflowWaitsForTheOverflow) {
  Town town{seed_from_env_or(55)};
  town.receiver("gmail.test");
  town.receiver("relay.test").now_answers("451 4.3.0 try again later", smtp::Stage::rcpt);
  auto& out = town.mta({.plan = plan_of(10, 1.1, 5000), .change = [](conf::Config& config) {
                          add_relay(config);
                          overflow_when_full(config);
                        }});
  out.submit(4, bulk_to("gmail.test"));
  town.pass(1min);  // its provider is known now
  out.submit(26, bulk_to("gmail.test"));
  town.pass(10min);
  const StatusReport status = status_of(town, out);
  const auto relay = waiting_for(status, "old-relay", "*"), own = waiting_for(status, "ip-1", "other:gmail.test");
  ASSERT_TRUE(relay && own) << town.story();
  EXPECT_GE(*relay, 15U);
  EXPECT_EQ(*relay + *own, status.recipients);
  EXPECT_EQ(waiting_for(status, "ip-1", "other:"), own);
  ForecastRequest wish;
  wish.provider = "other:gmail.test";
  EXPECT_EQ(town.world().loop.run(out.server().scheduler().reports().forecast(wish)).request.waiting, *own);
}

TEST(WarmupStatus, LinesOfAPoolThatIsGoneAreThoseOfDefault) {
  Town town{seed_from_env_or(56)};
  town.receiver("gmail.test");
  auto& out = town.mta({.sources = {"192.0.2.10", "192.0.2.11"}, .plan = plan_of(2, 1.1, 10), .change = [](conf::Config& config) {
                          no_reserves(config);
                          config.pools.at(0).sources = {"ip-1"};
                          config.pools.push_back({{}, "other", {"ip-2"}, ""});
                          config.routes.push_back({});
                          config.routes.back().from_domain = "sender.test";
                          config.routes.back().pool = "other";
                        }});
  out.submit(12, bulk_to("gmail.test"));
  town.pass(1min);
  const StatusReport before = status_of(town, out);
  EXPECT_EQ(waiting_for(before, "ip-2", "other:gmail.test"), before.recipients);
  out.config().pools.pop_back();
  out.config().routes.clear();
  out.server().reload(out.config());
  town.pass(24h);  // the line looks at its lanes again
  const StatusReport status = status_of(town, out);
  ASSERT_EQ(status.queues.size(), 1U);
  EXPECT_EQ(status.queues.front().pool, "default");
  EXPECT_EQ(waiting_for(status, "ip-1", "other:gmail.test"), status.recipients);
  EXPECT_EQ(waiting_for(status, "ip-2", "other:gmail.test"), 0U);
}

}  // namespace
}  // namespace mta::sim
