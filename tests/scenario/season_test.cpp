// Town and Simulation play the same days: the whole mta over SMTP, and the rules on cohorts (DESIGN.md §6.2).
#include <gtest/gtest.h>

#include "days.h"
#include "mta/simulate/simulation.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

constexpr unsigned days = 8, day_of_refusals = 3;
constexpr const char* rate = "421 4.7.28 unusual rate of mail originating from your IP, temporarily rate limited";

struct Arrival {
  unsigned day;
  std::chrono::minutes at;
  const char* mail_class;
  const char* domain;
  std::size_t recipients;
};

// Bulk for days at one site, for some at the other; a little of the urgent kind, every day.
std::vector<Arrival> arrivals() {
  std::vector<Arrival> all{
      {1, 5min, "bulk", "alpha.test", 400}, {1, 5min, "bulk", "beta.test", 90}, {5, 7h, "bulk", "beta.test", 60}};
  for (unsigned day = 1; day <= days; ++day)
    for (const char* domain : {"alpha.test", "beta.test"}) all.push_back({day, 10h, "transactional", domain, 5});
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return std::pair(a.day, a.at) < std::pair(b.day, b.at); });
  return all;
}

using Charged = std::map<std::pair<std::string, std::string>, warmup::Recipients>;  // by provider and date

// alpha.test refuses for its rate on one day, the rest is welcome.
class Refusing final : public simulate::Receiver {
 public:
  std::vector<simulate::SimulatedReply> answer(const simulate::Attempt& attempt) override {
    const bool that_day =
        attempt.now >= world_began + (day_of_refusals - 1) * 24h && attempt.now < world_began + day_of_refusals * 24h;
    if (that_day && attempt.provider == "other:alpha.test")
      return {{warmup::Verdict::rate_limited, attempt.recipients, false, false, rate}};
    return {{warmup::Verdict::delivered, attempt.recipients, false, true}};
  }
};

Charged in_the_season(const conf::Config& config) {
  simulate::Scenario scenario;
  scenario.start = "2026-01-05";
  scenario.days = days;
  scenario.step = 1min;
  for (const auto& each : arrivals())
    scenario.bursts.push_back({{}, each.mail_class, "", "", {{each.domain, 1}}, each.day, each.at, Duration(0), each.recipients});
  Refusing receiver;
  Charged charged;
  for (const auto& lane : simulate::play(config, scenario, 1, &receiver).lanes)
    for (const auto& day : lane.days)
      if (day.sent > 0) charged[{lane.provider == "(others)" ? "other:" : lane.provider, day.date}] = day.sent;
  return charged;
}

void pass_until(Town& town, Instant at) { town.pass(at - town.now()); }

Charged in_the_town(Town& town, Daemon& out, Receiver& alpha) {
  const Instant refuses = world_began + (day_of_refusals - 1) * 24h;
  for (const auto& each : arrivals()) {
    const Instant at = world_began + (each.day - 1) * 24h + each.at;
    if (town.now() < refuses && at >= refuses) pass_until(town, refuses), alpha.now_answers(rate);
    if (town.now() < refuses + 24h && at >= refuses + 24h) pass_until(town, refuses + 24h), alpha.now_behaves();
    pass_until(town, at);
    out.submit(each.recipients, std::string(each.mail_class) == "bulk" ? bulk_to(each.domain) : to(each.domain));
  }
  pass_until(town, world_began + days * 24h - 1s);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
  out.stop();
  Evidence evidence;
  out.read_spool(evidence);
  Charged charged;
  for (const auto& lane : evidence.lanes) {
    for (const auto& day : lane.record.history) charged[{lane.provider, day.date}] = day.sent;
    charged[{lane.provider, lane.record.today.date}] = lane.record.today.sent;
  }
  std::erase_if(charged, [](const auto& row) { return row.second == 0; });
  return charged;
}

TEST(TownAndSeason, ChargeTheSameOnEveryDay) {
  Town town{seed_from_env_or(51)};
  auto& alpha = town.receiver("alpha.test");
  town.receiver("beta.test");
  auto& out = town.mta({.plan = plan_of(20, 1.5, 5000)});
  const Charged season = in_the_season(out.config()), charged = in_the_town(town, out, alpha);
  EXPECT_EQ(charged, season) << town.story();
  EXPECT_EQ(charged.count({"other:alpha.test", "2026-01-07"}), 0U) << "the day of refusals";
  EXPECT_EQ(charged.at({"other:alpha.test", "2026-01-08"}), 45U) << "whose stage was held";
  EXPECT_EQ(charged.at({"other:alpha.test", "2026-01-09"}), 67U);
  out.start();
}

}  // namespace
}  // namespace mta::sim
