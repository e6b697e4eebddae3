// mta/scheduler/plans.h — which plan a lane follows, by the configuration.
//
// What      Source and provider → the rules of the warm-up: plan with the provider's differences, curve, day, classes.
// Units     –
// Promise   Rules are shared among lanes that follow the same plan; they live as long as anybody holds them.
// Errors    A source that is not configured any more has rules without a plan.
// Source    WARMUP.md §1, §2; WARMUP.md "[[plan]]", "[[source]]".
// Not here  what the rules say (warmup/).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "conf/config.h"
#include "warmup/exempt.h"
#include "warmup/lane.h"
#include "warmup/total.h"

namespace mta {

class Plans {
 public:
  explicit Plans(std::shared_ptr<const conf::Config>);
  std::shared_ptr<const warmup::Rules> lane(const std::string& source, const std::string& provider) const;
  std::shared_ptr<const warmup::Rules> overall(const std::string& source) const;  // null: the source has no total
  // Of a lane or a total, by its key; null: a total that the source does not have.
  std::shared_ptr<const warmup::Rules> of(const std::string& source, const std::string& provider) const;
  warmup::Total total(const std::string& source) const;                       // which of the source's lanes count in it
  bool is_own(std::string_view domain) const { return own_.covers(domain); }  // no ledger counts mail to it (WARMUP.md §1)
  bool has_own() const { return !own_.empty(); }
  // What a lane belongs to: the address, not its name (WARMUP.md §1).
  static std::string identity(const conf::Source&);

 private:
  std::shared_ptr<const warmup::Rules> rules(const warmup::PlanOptions* plan, double factor, bool overall) const;
  const warmup::PlanOptions* plan_named(const std::string& name) const;

  std::shared_ptr<const conf::Config> config_;
  warmup::Exempt own_;
  mutable std::map<std::tuple<const warmup::PlanOptions*, double, bool>, std::shared_ptr<const warmup::Rules>>
      known_;  // made when first asked for
};

}  // namespace mta
