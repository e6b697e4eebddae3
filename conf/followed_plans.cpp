#include "conf/followed_plans.h"

#include <algorithm>

namespace conf {

const warmup::PlanOptions* FollowedPlans::plan_named(const std::string& name) const {
  const auto found = std::ranges::find(config_.plans, name, &warmup::PlanOptions::name);
  return found == config_.plans.end() ? nullptr : &*found;
}

const warmup::Rules& FollowedPlans::rules(const warmup::PlanOptions* plan, double factor, bool overall,
                                          const Provider* provider) {
  auto& known = known_[{plan, factor, overall, provider}];
  if (known) return *known;
  known = std::make_unique<warmup::Rules>();
  known->plan = plan;
  if (plan != nullptr) known->curve = warmup::Curve(*plan, factor);
  if (plan != nullptr) known->day = warmup::DayRule(*plan);
  known->overall = overall;
  known->classes = &config_.classes;
  if (provider != nullptr) known->recovery = provider->way_back();
  return *known;
}

const warmup::Rules& FollowedPlans::of_lane(const std::string& source, const std::string& provider) {
  const auto* of = config_.source(source);
  const auto* plan = of == nullptr || of->plan.empty() ? nullptr : plan_named(of->plan);
  const auto* provider_limits = config_.provider(provider);
  if (plan == nullptr) return rules(nullptr, 1, false, provider_limits);
  const auto own = plan->providers.find(provider);
  return rules(own == plan->providers.end() ? plan : &own->second, 1, false, provider_limits);
}

const warmup::Rules* FollowedPlans::of_total(const std::string& source) {
  const auto* of = config_.source(source);
  switch (config_.total_of(source)) {
    case warmup::Total::none: return nullptr;
    case warmup::Total::all: return &rules(plan_named(of->overall), 1, true);
    case warmup::Total::others: break;
  }
  return &rules(plan_named(of->plan), of->overall_factor, true);
}

}  // namespace conf
