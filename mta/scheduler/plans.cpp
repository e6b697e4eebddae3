#include "mta/scheduler/plans.h"

#include "conf/own_domains.h"

namespace mta {

Plans::Plans(const Policy& policy)
    : config_(policy.config),
      providers_(policy.providers),
      own_(conf::own_domains(*config_)),
      followed_(std::make_shared<Followed>(config_)) {}

std::shared_ptr<const warmup::Rules> Plans::kept(const warmup::Rules* rules) const {
  return rules == nullptr ? nullptr : std::shared_ptr<const warmup::Rules>(followed_, rules);
}

std::shared_ptr<const warmup::Rules> Plans::no_plan() const { return kept(&followed_->plans.without_plan()); }

std::shared_ptr<const warmup::Rules> Plans::rules_of(const LaneKey& key) const {
  if (warmup::is_sender(key)) return no_plan();
  if (!key.overall()) return kept(&followed_->plans.of_lane(key.source, key.provider));
  const auto has = total(key.source);
  if (has == warmup::Total::none || warmup::total_key(has) != key.provider) return nullptr;
  return kept(followed_->plans.of_total(key.source));
}

warmup::Total Plans::total(const std::string& source) const { return config_->total_of(source); }

std::string Plans::identity(const conf::Source& source) {
  if (source.is_smarthost()) return source.smarthost;
  return source.address.empty() ? "any " + source.family : source.address;
}

}  // namespace mta
