#include "warmup/lane.h"

#include <algorithm>

namespace warmup {

std::string_view name(Phase phase) {
  constexpr std::array<std::string_view, 3> names{"cold", "warming", "warm"};
  return names[static_cast<std::size_t>(phase)];
}

std::string_view name(Brake brake) {
  constexpr std::array<std::string_view, 3> names{"none", "cooling", "paused"};
  return names[static_cast<std::size_t>(brake)];
}

std::string_view name(OperatorHold operator_hold) {
  constexpr std::array<std::string_view, 3> names{"none", "held", "paused"};
  return names[static_cast<std::size_t>(operator_hold)];
}

std::vector<Evidence> samples_of(const Day& day, FailureKind ill) {
  std::vector<Evidence> found;
  for (const auto& [verdict, said] : day.samples) {
    const auto known = verdict_named(verdict);
    if (known && meaning(*known).ill == ill) found.push_back(said);
  }
  return found;
}

Recipients Lane::reserved() const {
  Recipients sum = 0;
  for (const auto& [mail_class, counts] : open) sum += counts.reserved;
  return sum;
}

Recipients Lane::pending() const {
  Recipients sum = 0;
  for (const auto& [mail_class, counts] : open) sum += counts.pending;
  return sum;
}

Recipients Lane::reserved_of(std::string_view mail_class) const {
  const auto found = open.find(mail_class);
  return found == open.end() ? 0 : found->second.reserved;
}

Recipients Lane::pending_of(std::string_view mail_class) const {
  const auto found = open.find(mail_class);
  return found == open.end() ? 0 : found->second.pending;
}

std::string_view Lane::shown_state(bool planned) const {
  return planned || brake.state != Brake::none || operator_hold.state != OperatorHold::none ? shown_state() : name(Phase::warm);
}

std::string_view Lane::shown_state() const {
  if (operator_hold.state != OperatorHold::none) return name(operator_hold.state);
  if (brake.state != Brake::none) return name(brake.state);
  if (today.bulk_stopped || stage_kept) return "held";
  return name(phase);
}

void remember(Lane& lane, std::string change) {
  const Day& day = lane.today;
  const bool brakes = change == "cooled" || change == "paused";
  lane.undo = {};
  lane.undo.change = std::move(change);
  lane.undo.phase = lane.phase;
  lane.undo.stage = lane.stage;
  lane.undo.stage_kept = lane.stage_kept;
  lane.undo.standing = lane.standing;
  lane.undo.best_from = lane.best.from;
  lane.undo.growth = lane.growth.now;
  if (!brakes) return;
  lane.undo.brake = lane.brake;
  lane.undo.brake.probing = false;
  lane.undo.day = day.started;
  lane.undo.blocked = day.blocked;
  lane.undo.braked = day.braked;
  lane.undo.longest_cool = day.longest_cool;
}

const ClassOptions& Rules::mail_class(std::string_view name) const {
  static const ClassOptions usual{.name = "bulk"};
  if (classes == nullptr) return usual;
  const auto named = [&](std::string_view wanted) {
    return std::find_if(classes->begin(), classes->end(), [&](const ClassOptions& each) { return each.name == wanted; });
  };
  if (const auto found = named(name); found != classes->end()) return *found;
  const auto bulk = named("bulk");
  return bulk == classes->end() ? usual : *bulk;
}

}  // namespace warmup
