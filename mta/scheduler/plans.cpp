#include "mta/scheduler/plans.h"

#include <algorithm>

#include "conf/own_domains.h"

namespace mta {

namespace {
// Keeps the configuration alive that the rules point into.
struct OwnedRules {
  std::shared_ptr<const conf::Config> config;
  warmup::Rules rules;
};
}  // namespace

Plans::Plans(std::shared_ptr<const conf::Config> config) : config_(std::move(config)), own_(conf::own_domains(*config_)) {}

const warmup::PlanOptions* Plans::plan_named(const std::string& name) const {
  const auto found =
      std::find_if(config_->plans.begin(), config_->plans.end(), [&](const auto& plan) { return plan.name == name; });
  return found == config_->plans.end() ? nullptr : &*found;
}

std::shared_ptr<const warmup::Rules> Plans::rules(const warmup::PlanOptions* plan, double factor, bool overall) const {
  auto& known = known_[{plan, factor, overall}];
  if (known) return known;
  auto kept = std::make_shared<OwnedRules>();
  kept->config = config_;
  kept->rules.plan = plan;
  if (plan != nullptr) kept->rules.curve = warmup::Curve(*plan, factor);
  if (plan != nullptr) kept->rules.day = warmup::DayRule(*plan);
  kept->rules.overall = overall;
  kept->rules.classes = &config_->classes;
  known = std::shared_ptr<const warmup::Rules>(kept, &kept->rules);
  return known;
}

std::shared_ptr<const warmup::Rules> Plans::lane(const std::string& source, const std::string& provider) const {
  const auto* of = config_->source(source);
  const auto* plan = of == nullptr || of->plan.empty() ? nullptr : plan_named(of->plan);
  if (plan == nullptr) return rules(nullptr, 1, false);
  const auto own = plan->providers.find(provider);
  return rules(own == plan->providers.end() ? plan : &own->second, 1, false);
}

std::shared_ptr<const warmup::Rules> Plans::overall(const std::string& source) const {
  const auto* of = config_->source(source);
  switch (total(source)) {
    case warmup::Total::none: return nullptr;
    case warmup::Total::all: return rules(plan_named(of->overall), 1, true);
    case warmup::Total::others: break;
  }
  return rules(plan_named(of->plan), of->overall_factor, true);
}

std::shared_ptr<const warmup::Rules> Plans::of(const std::string& source, const std::string& provider) const {
  if (!warmup::is_total_key(provider)) return lane(source, provider);
  const auto has = total(source);
  return has == warmup::Total::none || warmup::total_key(has) != provider ? nullptr : overall(source);
}

warmup::Total Plans::total(const std::string& source) const {
  const auto* of = config_->source(source);
  if (of == nullptr) return warmup::Total::none;
  return warmup::total_of(of->overall, plan_named(of->plan) != nullptr, of->is_smarthost());
}

std::string Plans::identity(const conf::Source& source) {
  if (source.is_smarthost()) return source.smarthost;
  return source.address.empty() ? "any " + source.family : source.address;
}

}  // namespace mta
