// What is scarce is shared by need, however many queues want it: WARMUP.md §2 (overall), §5.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

std::string site(std::size_t number) { return "d" + std::to_string(number) + ".test"; }

// Small sites, each a provider of its own, all on one host.
void make_sites(Town& town, const Receiver& host, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    town.world().resolver.mx(site(i), 10, "mx." + site(i));
    town.world().resolver.address("mx." + site(i), host.endpoint().address.to_string());
  }
}

void submit_to_sites(Daemon& out, std::size_t sites, std::size_t each) {
  for (std::size_t i = 0; i < sites; ++i) {
    Mail mail = bulk_to(site(i));
    mail.recipients = {"u{}@" + site(i)};
    out.submit(each, mail);
  }
}

std::map<std::string, std::size_t> by_domain(const Receiver& host) {
  std::map<std::string, std::size_t> counts;
  for (const auto& copy : host.copies()) ++counts[copy.recipient.substr(copy.recipient.find('@') + 1)];
  return counts;
}

void google_is_listed(conf::Config& config) {
  conf::Provider google;
  google.name = "google";
  google.mx = {"*.gmail.test"};
  std::erase_if(config.providers, [](const auto& each) { return each.name == "google"; });
  config.providers.insert(config.providers.begin(), google);
}

TEST(Shares, ATotalCountsUnlistedSitesOnlySoThatListedProvidersGrow) {
  Town town{seed_from_env_or(81)};
  auto& gmail = town.receiver("gmail.test");
  auto& host = town.receiver("host.test");
  make_sites(town, host, 100);
  auto& out = town.mta({.plan = plan_of(20, 1.5, 50'000), .change = google_is_listed});
  submit_to_sites(out, 100, 2);
  out.submit(200, bulk_to("gmail.test"));
  town.pass(24h * 3);
  EXPECT_THAT(accepted_by_day(gmail, 3), testing::ElementsAre(20, 30, 45)) << town.story();
  EXPECT_THAT(accepted_by_day(host, 2), testing::ElementsAre(100, 100)) << "five times 20, then what is left";
  out.stop();
}

TEST(Shares, NoSiteHasASecondMessageWhileAnotherOneWaitsForItsFirst) {
  Town town{seed_from_env_or(82)};
  auto& host = town.receiver("host.test");
  make_sites(town, host, 90);
  auto& out = town.mta({.plan = plan_of(20, 1.5, 50'000)});  // the total of unlisted sites: 100
  submit_to_sites(out, 90, 20);
  town.pass(24h);
  const auto counts = by_domain(host);
  EXPECT_EQ(counts.size(), 90U) << town.story();
  for (const auto& [domain, count] : counts) EXPECT_LE(count, 2U) << domain;
  out.stop();
}

TEST(Shares, ARestartForgetsNeitherWhoWaitsNorWhoHadLeast) {
  Town town{seed_from_env_or(83)};
  auto& host = town.receiver("host.test");
  make_sites(town, host, 70);
  auto& out = town.mta({.plan = plan_of(20, 1.5, 50'000)});
  submit_to_sites(out, 70, 20);
  for (int part = 0; part < 4; ++part) {
    town.pass(5h);
    out.restart();
  }
  town.pass(world_began + 24h - 1min - town.now());
  const auto counts = by_domain(host);
  EXPECT_EQ(counts.size(), 70U) << town.story();
  for (const auto& [domain, count] : counts) EXPECT_LE(count, 2U) << domain;
  out.stop();
}

TEST(Shares, InATotalOverEverythingAllUnlistedSitesCountAsOne) {
  Town town{seed_from_env_or(84)};
  auto& gmail = town.receiver("gmail.test");
  auto& host = town.receiver("host.test");
  make_sites(town, host, 40);
  auto& out = town.mta({.plan = at_once(60), .change = [](conf::Config& config) {
                          google_is_listed(config);
                          no_reserves(config);
                          auto total = at_once(40);
                          total.pace = warmup::Pace::even;
                          total.name = "total";
                          config.plans.push_back(total);
                          config.sources.at(0).overall = "total";
                        }});
  submit_to_sites(out, 40, 2);
  out.submit(100, bulk_to("gmail.test"));
  town.pass(23h);
  EXPECT_EQ(gmail.accepted() + host.accepted(), 40U) << town.story();
  EXPECT_NEAR(static_cast<double>(gmail.accepted()), 20, 2) << "what came before the other was routed went alone";
  EXPECT_GE(by_domain(host).size() + 1, host.accepted()) << "inside the party each has one; the first site came alone";
  out.stop();
}

TEST(Shares, ALaneThatHasNotEarnedItsStageGoesBeforeOneThatHas) {
  Town town{seed_from_env_or(85)};
  auto& small = town.receiver("small.test");
  auto& large = town.receiver("large.test");
  auto plan = plan_of(40, 1.5, 50'000);
  plan.hourly = 1;
  auto other = plan;
  other.start = 8;  // half of it, 4, earns the stage
  plan.providers.emplace("other:small.test", other);
  auto& out = town.mta({.plan = plan, .change = [](conf::Config& config) {
                          no_reserves(config);
                          auto total = at_once(24);
                          total.pace = warmup::Pace::even;
                          total.name = "total";
                          config.plans.push_back(total);
                          config.sources.at(0).overall = "total";
                        }});
  out.submit(100, bulk_to("small.test"));
  out.submit(100, bulk_to("large.test"));
  town.pass(23h + 50min);
  EXPECT_EQ(small.accepted() + large.accepted(), 24U) << town.story();
  EXPECT_NEAR(static_cast<double>(small.accepted()), 12, 8);
  EXPECT_GE(small.accepted(), 4U) << "both of one party: the lane that had less goes first until it has earned its stage";
  out.stop();
}

TEST(Shares, TwoPoolsOfOneSourceHaveTurnsAtItsLane) {
  Town town{seed_from_env_or(86)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(60, 1.5, 50'000), .change = [](conf::Config& config) {
                          no_reserves(config);
                          conf::Pool news = config.pools.at(0);
                          news.name = "news";
                          config.pools.push_back(news);
                          conf::Route route;
                          route.from_domain = "news.test";
                          route.pool = "news";
                          config.routes.push_back(route);
                        }});
  out.submit(100, bulk_to("gmail.test"));
  town.pass(10s);
  Mail news = bulk_to("gmail.test");
  news.sender = "editor@news.test";
  news.recipients = {"reader{}@gmail.test"};
  out.submit(100, news);
  town.pass(23h + 50min);
  std::size_t readers = 0;
  for (const auto& copy : gmail.copies()) readers += copy.recipient.starts_with("reader") ? 1U : 0U;
  EXPECT_EQ(gmail.accepted(), 60U) << town.story();
  EXPECT_NEAR(static_cast<double>(readers), 30, 2) << town.story();
  out.stop();
}

}  // namespace
}  // namespace mta::sim
