#include "plans_of_chance.h"

namespace mta::sim {

namespace {
using namespace std::chrono_literals;

void roll_classes(SimDice& dice, std::vector<warmup::ClassOptions>& classes) {
  double free_share = 1;
  for (auto& each : classes) {
    if (dice.chance(0.4)) each.reserve = free_share * dice.fraction() * 0.7;
    free_share -= each.reserve;
    if (dice.chance(0.3)) each.pace = !each.pace;
    each.weight = static_cast<unsigned>(dice.between(1, 4));
    each.prefer = dice.chance(0.5) ? warmup::Prefer::warm : warmup::Prefer::warming;
    if (dice.chance(0.1)) each.max_wait = std::chrono::hours(dice.between(1, 100));
    if (each.max_wait < 24h && dice.chance(0.5)) each.on_max_wait = warmup::OnMaxWait::bounce;
    if (dice.chance(0.3)) each.when_full = warmup::WhenFull::overflow;
  }
}

void roll_totals(SimDice& dice, conf::Config& config) {
  constexpr const char* presets[] = {"sendgrid", "sparkpost", "ses"};
  auto total = roll_plan(dice);
  total.name = "total";
  total.table.clear();
  if (dice.chance(0.5)) total.preset = presets[dice.below(std::size(presets))];
  if (!total.preset.empty()) total.target = 50'000;
  config.plans.push_back(total);
  for (auto& source : config.sources) {
    source.overall_factor = static_cast<double>(dice.between(1, 5));
    if (dice.chance(0.2)) source.overall = dice.chance(0.5) ? "off" : "total";
  }
}

void add_overflow(const std::string& relay, conf::Config& config) {
  conf::Source old = config.sources.at(0);
  old.name = "old-relay";
  old.address.clear();
  old.plan.clear();
  old.overall.clear();
  old.smarthost = relay + ":25";
  old.tls = conf::TlsLevel::may;
  config.sources.push_back(old);
  config.pools.at(0).overflow = old.name;
}

}  // namespace

warmup::PlanOptions roll_plan(SimDice& dice) {
  constexpr const char* zones[] = {"UTC", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe"};
  warmup::PlanOptions plan;
  plan.start = dice.between(3, dice.chance(0.7) ? 10 : 60);
  plan.growth = 1.2 + dice.fraction();
  plan.target = plan.start + dice.between(60, 500);
  if (dice.chance(0.2)) plan.table = {plan.start, plan.start + 2, plan.start + 10, plan.start + 60, plan.target};
  plan.advance = dice.chance(0.3) ? warmup::Advance::calendar : warmup::Advance::sending_days;
  plan.use = 0.2 + dice.fraction() * 0.6;
  plan.pace = dice.chance(0.6) ? warmup::Pace::even : warmup::Pace::none;
  plan.hourly = 0.1 + dice.fraction() * 0.9;
  plan.timezone = zones[dice.below(std::size(zones))];
  plan.day_start = std::chrono::minutes(dice.below(24) * 60);
  plan.surge = dice.chance(0.7) ? 1.5 + dice.fraction() * 2 : 0;
  plan.step_back = static_cast<unsigned>(dice.below(4));
  plan.enforce = dice.chance(0.92);
  // By what was rolled already, so that a seed's plans stay what they were: every other one learns.
  if (plan.target % 2 == 0) plan.growth_max = plan.growth + 0.02 * static_cast<double>(1 + plan.target % 10);
  return plan;
}

void roll_warm_up(SimDice& dice, const std::string& relay, conf::Config& config) {
  roll_classes(dice, config.classes);
  roll_totals(dice, config);
  if (dice.chance(0.3)) {
    auto other = roll_plan(dice);
    other.name = config.plans.at(0).name;
    config.plans.at(0).providers.emplace("other:d0.test", other);
  }
  if (!relay.empty()) add_overflow(relay, config);
}

}  // namespace mta::sim
