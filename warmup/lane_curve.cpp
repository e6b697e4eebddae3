#include "warmup/lane_curve.h"

#include <algorithm>
#include <cmath>

namespace warmup {

namespace {

constexpr unsigned most_stages = 100'000;  // as of a plan's curve
constexpr double rounding = 1e-9;

}  // namespace

double LaneCurve::grown(double level, unsigned from_stage) const {
  const Millionths by = from_stage < growth_.steps.size() ? growth_.steps[from_stage] : growth_now(growth_, *rules_.plan);
  return std::min(static_cast<double>(rules_.curve.target()), level * factor_of(by));
}

Recipients LaneCurve::cap(unsigned stage) const {
  if (!rules_.learns()) return rules_.curve.cap(stage);
  auto level = static_cast<double>(rules_.plan->start);
  const auto target = static_cast<double>(rules_.curve.target());
  for (unsigned from = 0; from < stage && level < target; ++from) level = grown(level, from);
  return static_cast<Recipients>(std::floor(level + rounding));
}

unsigned LaneCurve::last() const {
  return rules_.learns() ? highest_at_most(rules_.curve.target() - 1) + (rules_.curve.cap(0) < rules_.curve.target() ? 1 : 0)
                         : rules_.curve.last();
}

unsigned LaneCurve::highest_at_most(Recipients most) const {
  if (!rules_.learns()) return rules_.curve.highest_at_most(most);
  auto level = static_cast<double>(rules_.plan->start);
  const auto target = static_cast<double>(rules_.curve.target());
  unsigned stage = 0;
  while (stage < most_stages && level + rounding < target) {
    level = grown(level, stage);
    if (static_cast<Recipients>(std::floor(level + rounding)) > most) break;
    ++stage;
  }
  return stage;
}

double LaneCurve::step(unsigned stage) const {
  if (!rules_.learns()) return rules_.curve.step(stage);
  return stage == 0 ? 1 : static_cast<double>(cap(stage)) / static_cast<double>(cap(stage - 1));
}

std::string LaneCurve::mark() const { return rules_.curve.mark() + (rules_.learns() ? ":learns" : ""); }

std::optional<Millionths> growth_of(const LaneView& of) {
  return of.rules->learns() ? std::optional(growth_now(of.lane->growth, *of.rules->plan)) : std::nullopt;
}

void climb(const LaneWithRules& of) { stand_at(of, of.lane->stage + 1); }

void descend(Lane& lane, unsigned stages) {
  lane.stage -= std::min(lane.stage, stages);
  auto& steps = lane.growth.steps;
  if (steps.size() <= lane.stage) return;
  const auto kept = steps.begin() + lane.stage;
  lane.undo.steps.assign(kept, steps.end());
  steps.erase(kept, steps.end());
}

void stand_at(const LaneWithRules& of, unsigned stage) {
  Lane& lane = *of.lane;
  lane.stage = stage;
  if (const auto now = growth_of(of)) {
    lane.growth.steps.resize(stage, *now);
  } else {
    lane.growth = {};
  }
}

void unlearn(const LaneWithRules& of, const Undo& before) {
  Lane& lane = *of.lane;
  lane.growth.now = before.growth;
  lane.growth.steps.insert(lane.growth.steps.end(), before.steps.begin(), before.steps.end());
  lane.today.growth = growth_of(of).value_or(0);
}

}  // namespace warmup
