// Thousands of storms: whatever happens to a lane in whichever order, the rules hold.
//
// SIM_SEED=n plays storm n only.
#include "storm.h"

#include <cstdlib>

#include "storm_oracle.h"

namespace warmup {
namespace {

constexpr std::uint64_t storms = 2500;
constexpr unsigned events = 200;

struct Seeds {
  std::uint64_t first = 1, count = storms;
  Seeds() {
    if (const char* request = std::getenv("SIM_SEED"); request != nullptr && *request != '\0')
      first = std::strtoull(request, nullptr, 10), count = 1;
  }
};

TEST(Storm, WhateverComesTheRulesHold) {
  const Seeds seeds;
  Met met;
  for (std::uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    SCOPED_TRACE("replay with SIM_SEED=" + std::to_string(seed));
    Storm storm(seed);
    storm.blow(events);
    met += storm.met();
    ASSERT_FALSE(HasFailure());
  }
  if (seeds.count == 1) return;
  const std::map<std::string, std::uint64_t> all{
      {"permits", met.permits},     {"holds", met.holds},    {"probes", met.probes},     {"charged", met.charged},
      {"refunded", met.refunded},   {"kept", met.kept},      {"retried", met.retried},   {"crashed", met.crashed},
      {"withdrawn", met.withdrawn}, {"days", met.days},      {"advanced", met.advanced}, {"stepped back", met.stepped_back},
      {"decayed", met.decayed},     {"jumps", met.jumps},    {"hands", met.hands},       {"full days", met.full_days},
      {"late", met.late},           {"learned", met.learned}};
  for (const auto& [what, times] : all) EXPECT_GT(times, 100U) << "these storms do not meet everything: " << what;
}

// §5: the cap is reachable at 95 % of the day.
TEST(Storm, ThePacedCapIsReachedAtNinetyFivePercentOfTheDay) {
  const Seeds seeds;
  for (std::uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    SCOPED_TRACE("replay with SIM_SEED=" + std::to_string(seed));
    Chance dice(seed);
    const Recipients start = dice.between(1, dice.chance(0.5) ? 20 : 3000);
    Road road(with([&](PlanOptions& plan) {
                plan.start = start, plan.target = start * 50, plan.growth = 1.1 + dice.fraction();
                plan.hourly = 0.1 + dice.fraction() * 0.9;
                plan.timezone = dice.chance(0.5) ? "UTC" : "Europe/Berlin";
              }),
              utc("2026-10-20 00:00") + dice.some_time(20 * 24h));
    road.classes = {ClassOptions{.name = "bulk"}};
    const Day& day = road.lane.today;
    const Instant soon_over = day.started + std::chrono::ceil<Duration>((day.ends - day.started) * 0.95);
    Recipients sent = 0;
    while (road.now < soon_over) {
      const Answer answer = road.ask("bulk", dice.between(1, 100));
      if (const auto* permit = std::get_if<Permit>(&answer)) {
        reserve(road.lane, "bulk", permit->recipients);
        road.finish(permit->recipients);
        sent += permit->recipients;
        continue;
      }
      road.pass(std::min(std::get<Hold>(answer).until, soon_over) - road.now);
    }
    if (const Recipients rest = road.granted("bulk", start); rest > 0) sent += rest;
    ASSERT_EQ(sent, start) << "of the cap at 95 % of the day";
  }
}

}  // namespace
}  // namespace warmup
