// What an operator is told about the end of a backlog, held against the day on which it ends (WARMUP.md §10): where nothing but the
// rules decides, the two are at most a twentieth apart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "days.h"
#include "mta/scheduler/scheduler_thread.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

conf::Provider listed(const std::string& name) {
  conf::Provider provider;
  provider.name = name;
  provider.mx = {"*." + name + ".test"};
  return provider;
}

struct Backlog {
  std::string domain;
  unsigned messages;
  bool bulk = true;
};

// s0.test, s1.test …: the first has `first` messages, each one behind it `more` more.
std::vector<Backlog> many(const std::string& prefix, unsigned count, unsigned first, unsigned more = 0) {
  std::vector<Backlog> all;
  for (unsigned n = 0; n < count; ++n) all.push_back({prefix + std::to_string(n) + ".test", first + n * more});
  return all;
}

const std::vector<std::string> eight{"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"};

class ForecastsComeTrue : public ::testing::Test {
 protected:
  // Submits all, asks, and waits for the end. Of each domain the ETA of its queue and the instant at which its last message arrived.
  void play(Wishes wishes, const std::vector<Backlog>& all, const std::function<void(Daemon&)>& change = nullptr) {
    std::map<std::string, Receiver*> receivers;
    std::size_t expected = 0;
    for (const auto& each : all) {
      if (!receivers.contains(each.domain)) receivers[each.domain] = &town.receiver(each.domain);
      expected += each.messages;
    }
    auto& out = town.mta(std::move(wishes));
    for (const auto& each : all) out.submit(each.messages, each.bulk ? bulk_to(each.domain) : to(each.domain));
    town.pass(10min);
    if (change) change(out);
    const auto status = town.world().loop.run(out.server().scheduler().reports().status());
    std::size_t arrived = 0;
    for (unsigned days = 0; arrived < expected && days < 100; ++days) {
      town.pass(24h);
      arrived = 0;
      for (const auto& [domain, receiver] : receivers) arrived += receiver->accepted();
    }
    ASSERT_EQ(arrived, expected);
    for (const auto& line : status.queues) {
      for (const auto& each : all) {
        const bool its = line.provider == "other:" + each.domain || each.domain.ends_with("." + line.provider + ".test");
        if (!its || (line.mail_class == "bulk") != each.bulk) continue;
        if (!line.eta) {
          ADD_FAILURE() << each.domain << " has no ETA";
          continue;
        }
        const double took = std::chrono::duration<double>(last_of(*receivers[each.domain], each.bulk) - status.now).count();
        const double said = std::chrono::duration<double>(*line.eta - status.now).count();
        EXPECT_NEAR(said, took, took / 20) << each.domain;
      }
    }
  }
  static Instant last_of(const Receiver& receiver, bool bulk) {
    Instant last{};
    for (const auto& copy : receiver.copies())
      if (copy.letter->header("List-Id").empty() != bulk) last = std::max(last, copy.letter->at);
    return last;
  }
  Town town{seed_from_env_or(12)};
};

std::function<void(conf::Config&)> with_providers(std::vector<std::string> names, std::string overall = "") {
  return [names = std::move(names), overall](conf::Config& config) {
    for (const auto& name : names) config.providers.insert(config.providers.begin(), listed(name));
    if (!overall.empty()) config.sources.at(0).overall = overall;
  };
}

TEST_F(ForecastsComeTrue, OneProvider) {
  play({.plan = plan_of(100, 1.2, 50000), .change = with_providers({"aa"})}, {{"gmail.aa.test", 2500}});
}

// Mail to mail.aa.test goes by another pool.
std::function<void(conf::Config&)> with_two_pools(const std::vector<std::string>& sources) {
  return [sources](conf::Config& config) {
    config.providers.insert(config.providers.begin(), listed("aa"));
    conf::Pool other;
    other.name = "other";
    other.sources = sources;
    config.pools.push_back(other);
    config.pools.front().sources = {"ip-1"};
    conf::Route route;
    route.to_domain = "mail.aa.test";
    route.pool = "other";
    config.routes.push_back(route);
  };
}

TEST_F(ForecastsComeTrue, TwoPoolsWithOneSource) {
  play({.plan = plan_of(100, 1.2, 50000), .change = with_two_pools({"ip-1"})}, {{"gmail.aa.test", 700}, {"mail.aa.test", 700}});
}

TEST_F(ForecastsComeTrue, TwoPoolsWithSourcesOfTheirOwn) {
  play({.sources = {"192.0.2.10", "192.0.2.11"}, .plan = plan_of(100, 1.2, 50000), .change = with_two_pools({"ip-2"})},
       {{"gmail.aa.test", 2000, false}, {"mail.aa.test", 500}});
}

TEST_F(ForecastsComeTrue, OneUnlistedSite) { play({.plan = plan_of(100, 1.2, 50000)}, {{"school.test", 2500}}); }

TEST_F(ForecastsComeTrue, EightProviders) {
  play({.plan = plan_of(50, 1.2, 50000), .change = with_providers(eight)}, many("mail.p", 8, 300, 150));
}

TEST_F(ForecastsComeTrue, EightProvidersUnderOneTotal) {
  play({.plan = plan_of(50, 1.2, 50000), .change = with_providers(eight, "default")}, many("mail.p", 8, 200, 100));
}

TEST_F(ForecastsComeTrue, ManyUnlistedSites) { play({.plan = plan_of(50, 1.2, 50000)}, many("s", 30, 60)); }

TEST_F(ForecastsComeTrue, UnlistedSitesOfManySizes) { play({.plan = plan_of(40, 1.2, 50000)}, many("s", 20, 10, 20)); }

TEST_F(ForecastsComeTrue, TwoClassesAtOneProvider) {
  play({.plan = plan_of(100, 1.2, 50000), .change = with_providers({"aa"})},
       {{"gmail.aa.test", 1500}, {"gmail.aa.test", 500, false}});
}

TEST_F(ForecastsComeTrue, ALaneThatIsPaused) {
  play({.plan = plan_of(100, 1.2, 50000), .change = with_providers({"aa"})}, {{"gmail.aa.test", 800}}, [this](Daemon& out) {
    warmup::LaneCommandRequest pause;
    pause.command = warmup::LaneCommand::pause;
    pause.lasts = 30h;
    town.world().loop.run(out.server().scheduler().lane_command("ip-1", "aa", pause));
  });
}

TEST_F(ForecastsComeTrue, TwoSources) {
  play({.sources = {"192.0.2.10", "192.0.2.11"}, .plan = plan_of(50, 1.2, 50000), .change = with_providers({"aa"})},
       {{"gmail.aa.test", 1800}});
}

TEST_F(ForecastsComeTrue, TwoSourcesAndManyUnlistedSites) {
  play({.sources = {"192.0.2.10", "192.0.2.11"}, .plan = plan_of(20, 1.2, 50000)}, many("s", 12, 40, 15));
}

TEST_F(ForecastsComeTrue, ListedProvidersAndUnlistedSitesUnderOneTotal) {
  auto all = many("s", 6, 30);
  all.insert(all.begin(), {{"mail.aa.test", 500}, {"mail.bb.test", 300}, {"mail.cc.test", 100}});
  play({.plan = plan_of(60, 1.2, 50000), .change = with_providers({"aa", "bb", "cc"}, "default")}, all);
}

TEST_F(ForecastsComeTrue, AskedAgainOnTheFourthDay) {
  play({.plan = plan_of(100, 1.2, 50000), .change = with_providers({"aa"})}, {{"gmail.aa.test", 2500}},
       [this](Daemon&) { town.pass(80h); });
}

TEST_F(ForecastsComeTrue, AskedAgainOnTheFourthDayOfManyUnlistedSites) {
  play({.plan = plan_of(40, 1.2, 50000)}, many("s", 20, 120), [this](Daemon&) { town.pass(80h); });
}

TEST_F(ForecastsComeTrue, SubmittedInTheAfternoon) {
  town.pass(13h + 20min);
  play({.plan = plan_of(100, 1.2, 50000), .change = with_providers({"aa"})}, {{"gmail.aa.test", 700}});
}

TEST_F(ForecastsComeTrue, WithoutPace) {
  auto plan = plan_of(100, 1.2, 50000);
  plan.pace = warmup::Pace::none;
  play({.plan = plan, .change = with_providers({"aa"})}, {{"gmail.aa.test", 1230}});
}

TEST_F(ForecastsComeTrue, AFlatPlan) {
  play({.plan = plan_of(100, 1.2, 100), .change = with_providers({"aa"})}, {{"gmail.aa.test", 950}});
}

TEST_F(ForecastsComeTrue, LessThanADay) {
  play({.plan = plan_of(240, 1.2, 50000), .change = with_providers({"aa"})}, {{"gmail.aa.test", 100}});
}

}  // namespace
}  // namespace mta::sim
