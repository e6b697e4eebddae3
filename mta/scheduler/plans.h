// mta/scheduler/plans.h — the configuration, as the lanes of the scheduler ask it.
//
// What      Source and provider → the rules that a lane follows, its total, its connections; which domains are our own.
// Units     –
// Promise   Rules are shared among lanes that follow the same plan; they live as long as anybody holds them.
// Errors    A source that is not configured any more has rules without a plan.
// Source    WARMUP.md §1, §2; WARMUP.md "[[plan]]", "[[source]]".
// Not here  which rules they are (conf/followed_plans.h), what the rules say (warmup/).
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "conf/followed_plans.h"
#include "mta/scheduler/parts.h"
#include "warmup/exempt.h"
#include "warmup/lane_table.h"

namespace mta {

class Plans : public warmup::LaneRules {
 public:
  explicit Plans(const Policy&);
  bool has_source(const std::string& name) const override {  // sender domains are not configured: they are there
    return warmup::is_sender_identity(name) || config_->source(name) != nullptr;
  }
  std::shared_ptr<const warmup::Rules> rules_of(const LaneKey&) const override;
  std::shared_ptr<const warmup::Rules> no_plan() const override;
  warmup::Total total(const std::string& source) const override;
  unsigned most_connections(const std::string& provider) const override { return providers_->limits(provider).connections; }
  bool is_own(std::string_view domain) const { return own_.covers(domain); }  // no ledger counts mail to it (WARMUP.md §1)
  bool has_own() const { return !own_.empty(); }
  // What a lane belongs to: the address, not its name (WARMUP.md §1).
  static std::string identity(const conf::Source&);

 private:
  struct Followed {  // with the configuration that the rules point into
    explicit Followed(std::shared_ptr<const conf::Config> of) : config(std::move(of)), plans(*config) {}
    std::shared_ptr<const conf::Config> config;
    conf::FollowedPlans plans;
  };
  std::shared_ptr<const warmup::Rules> kept(const warmup::Rules*) const;

  std::shared_ptr<const conf::Config> config_;
  std::shared_ptr<const Providers> providers_;
  warmup::Exempt own_;
  std::shared_ptr<Followed> followed_;
};

}  // namespace mta
