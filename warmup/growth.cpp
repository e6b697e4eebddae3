#include "warmup/growth.h"

#include <algorithm>
#include <cmath>

namespace warmup {

namespace {

constexpr Millionths one = 1'000'000;
constexpr Millionths learned_a_day = 30'000;

}  // namespace

double factor_of(Millionths growth) { return static_cast<double>(growth) / one; }

Millionths millionths_of(double factor) { return static_cast<Millionths>(std::llround(factor * one)); }

Millionths growth_now(const Growth& growth, const PlanOptions& plan) {
  const Millionths now = growth.now == 0 ? millionths_of(plan.growth) : growth.now;
  return std::clamp(now, millionths_of(plan.growth_min), millionths_of(plan.growth_max));
}

Millionths after_full_day(Millionths now, const PlanOptions& plan) {
  return std::min(millionths_of(plan.growth_max), now + learned_a_day);
}

Millionths after_hold(Millionths now, const PlanOptions& plan) {
  return std::max(millionths_of(plan.growth_min), one + (now - one) / 2);
}

Millionths after_step_back(const PlanOptions& plan) { return millionths_of(plan.growth_min); }

}  // namespace warmup
