// conf/followed_plans.h — which rules a lane follows, by the configuration.
//
// What      Source and provider → plan with the provider's differences, curve, day, classes, the way back after a rate limit; for a source's
//           total the plan that it names, or its source's plan with every cap multiplied.
// Units     –
// Promise   Lanes that follow the same plan at the same provider share their rules, which live and point into the
//           configuration as long as this does. The daemon and `simulate` ask the same object type.
// Errors    A source that is not configured has rules without a plan, and no total.
// Source    WARMUP.md §1, §2; WARMUP.md "[[plan]]", "[[source]]".
// Not here  what the rules say (warmup/).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "conf/config.h"
#include "warmup/lane.h"

namespace conf {

class FollowedPlans {
 public:
  explicit FollowedPlans(const Config& config) : config_(config) {}

  const warmup::Rules& of_lane(const std::string& source, const std::string& provider);
  const warmup::Rules* of_total(const std::string& source);  // null: it has none
  const warmup::Rules& without_plan() { return rules(nullptr, 1, false); }

 private:
  const warmup::PlanOptions* plan_named(const std::string& name) const;
  // `provider`: whose way back it has; null: the usual one.
  const warmup::Rules& rules(const warmup::PlanOptions*, double factor, bool overall, const Provider* provider = nullptr);

  const Config& config_;
  std::map<std::tuple<const warmup::PlanOptions*, double, bool, const Provider*>, std::unique_ptr<warmup::Rules>>
      known_;  // made when first asked for
};

}  // namespace conf
