#include "warmup/curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "warmup/presets.h"

namespace warmup {

namespace {

constexpr std::size_t most_stages = 100'000;  // growth 1.0001 to a large target has fewer
constexpr double rounding = 1e-9;             // 100 · 1.2² is 144, whatever binary fractions make of it

std::vector<Recipients> exponential(const PlanOptions& plan) {
  std::vector<Recipients> caps;
  while (caps.size() < most_stages) {
    const double exact = static_cast<double>(plan.start) * std::pow(plan.growth, static_cast<double>(caps.size()));
    const bool reached = exact + rounding >= static_cast<double>(plan.target);
    caps.push_back(reached ? plan.target : static_cast<Recipients>(std::floor(exact + rounding)));
    if (reached) break;
  }
  return caps;
}

// Ends with the first entry that reaches the target; one that never does ends with its last.
std::vector<Recipients> from_table(std::vector<Recipients> caps, Recipients target) {
  for (std::size_t stage = 0; stage < caps.size(); ++stage) {
    if (caps[stage] < target) continue;
    caps.resize(stage + 1);
    caps[stage] = target;
    break;
  }
  return caps;
}

}  // namespace

Curve::Curve(const PlanOptions& plan, double factor) {
  const auto table = plan.preset.empty() ? plan.table : preset_caps(plan.preset);
  caps_ = table.empty() ? exponential(plan) : from_table(table, plan.target);
  const auto scaled = [factor](Recipients n) {
    return std::max<Recipients>(1, static_cast<Recipients>(std::floor(static_cast<double>(n) * factor + rounding)));
  };
  for (auto& cap : caps_) cap = scaled(cap);
  if (plan.max > 0) most_ = scaled(plan.max);
  mark_ = fmt::format("{}:{}:{}:{}", caps_.front(), caps_[std::min<std::size_t>(1, last())], caps_.size(), caps_.back());
  std::uint64_t sum = 0;
  for (const auto cap : caps_) sum = sum * 31 + cap;
  mark_ += fmt::format(":{:x}", sum);
}

unsigned Curve::highest_at_most(Recipients cap) const {
  const auto above = std::upper_bound(caps_.begin(), caps_.end(), cap);
  return above == caps_.begin() ? 0 : static_cast<unsigned>(above - caps_.begin() - 1);
}

double Curve::step(unsigned stage) const {
  return stage == 0 || cap(stage - 1) == 0 ? 1 : static_cast<double>(cap(stage)) / static_cast<double>(cap(stage - 1));
}

}  // namespace warmup
