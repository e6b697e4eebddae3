#include "warmup/lane_command.h"

#include <fmt/format.h>

#include "warmup/advance.h"
#include "warmup/brake.h"

namespace warmup {

namespace {

std::string signed_by(const LaneCommandRequest& wish, const std::string& what) {
  std::string text = what + " by " + (wish.by.empty() ? "an operator" : wish.by);
  return wish.reason.empty() ? text : text + ": " + wish.reason;
}

std::string lasting(const std::optional<Duration>& span) {
  if (!span) return "";
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(*span).count();
  if (seconds % 60 != 0) return fmt::format(" for {} s", seconds);
  const auto minutes = seconds / 60;
  if (minutes % (24 * 60) == 0) return fmt::format(" for {} d", minutes / (24 * 60));
  return minutes % 60 == 0 ? fmt::format(" for {} h", minutes / 60) : fmt::format(" for {} min", minutes);
}

LaneCommandResult done(std::string change, std::string reason) {
  return {{{std::move(change), std::move(reason), {}, false}}, ""};
}

LaneCommandResult operator_hold(Lane& lane, OperatorHold state, const LaneCommandRequest& wish, Instant now) {
  if (wish.lasts && *wish.lasts <= Duration(0)) return {{}, "expected a duration above 0"};
  lane.operator_hold.state = state;
  lane.operator_hold.until = wish.lasts ? std::optional(now + *wish.lasts) : std::nullopt;
  lane.operator_hold.by = wish.by;
  lane.operator_hold.reason = wish.reason;
  const std::string what = state == OperatorHold::paused ? "paused" : "held";
  return done(what, signed_by(wish, what + lasting(wish.lasts)));
}

void stop_holding(Lane& lane) {
  lane.today.released = lane.today.released || lane.today.held;
  lane.today.held = lane.held = false;
}

LaneCommandResult resume(Lane& lane, const LaneCommandRequest& wish, Instant now) {
  const bool free =
      lane.operator_hold.state == OperatorHold::none && lane.brake.state == Brake::none && lane.brake.connections == 0;
  if (free && !lane.today.held && !lane.held) return {{}, "the lane is neither paused, held nor cooling"};
  release_brake(lane, now);
  lane.brake = {};
  lane.operator_hold = {};
  stop_holding(lane);
  lane.standing.clear();
  lane.reason.clear();
  return done("resumed", signed_by(wish, "resumed"));
}

// What was earned so far counts from today: a lane that is set, or whose decay is undone, has not been idle.
void stand_at(const LaneWithRules& of, unsigned stage, Phase phase, Instant now) {
  Lane& lane = *of.lane;
  if (of.rules->plan != nullptr && (stage > lane.stage || lane.best_seed == 0)) {
    lane.best_seed = std::max(lane.best_seed, of.rules->curve.cap(stage));
    lane.best_seeded = now;
  }
  lane.stage = stage;
  lane.phase = phase;
  lane.idle = Duration(0);
  lane.idle_lost = 0;
  set_limit(of, now);
}

LaneCommandResult set_stage(const LaneWithRules& of, const LaneCommandRequest& wish, Instant now) {
  Lane& lane = *of.lane;
  if (of.rules->plan == nullptr) return {{}, "the lane follows no plan, so it has no stages"};
  if (!wish.stage) return {{}, "set: expected --stage N"};
  const Curve& curve = of.rules->curve;
  if (*wish.stage > curve.last()) {
    return {
        {},
        fmt::format("stage {} is beyond the plan's last stage {} (cap {})", *wish.stage, curve.last(), curve.cap(curve.last()))};
  }
  const unsigned before = lane.stage, stage = *wish.stage;
  const bool cold = stage == 0 && lane.phase == Phase::cold, last = stage == curve.last() && !cold;
  lane.best_seed = 0;
  stand_at(of, stage, cold ? Phase::cold : last ? Phase::warm : Phase::warming, now);
  lane.undo = {};
  lane.held = false;
  if (!lane.today.held) lane.standing.clear();  // what holds it within the day still does, until somebody resumes
  if (lane.brake.state == Brake::none) lane.reason = lane.standing;
  return done("set", signed_by(wish, fmt::format("stage {} → {}, cap {}, set", before, stage, lane.stage_cap)));
}

void undo_brake(Lane& lane, const Undo& before, Instant now) {
  release_brake(lane, now);
  lane.brake = before.brake;
  lane.brake.counted = now;
  if (lane.today.started != before.day) return;
  lane.today.blocked = before.blocked;
  lane.today.braked = before.braked;
  lane.today.longest_cool = before.longest_cool;
}

LaneCommandResult undo(const LaneWithRules& of, const LaneCommandRequest& wish, Instant now) {
  Lane& lane = *of.lane;
  if (lane.undo.change.empty()) return {{}, "there is no automatic change to undo"};
  const Undo before = std::exchange(lane.undo, {});
  const std::string what = signed_by(wish, fmt::format("\"{}\" undone", before.change));
  const bool braked = before.change == "cooled" || before.change == "paused";
  if (braked) {
    undo_brake(lane, before, now);
  } else if (before.change == "held") {
    stop_holding(lane);
  } else {
    stand_at(of, before.stage, before.phase, now);
    lane.held = before.held;
  }
  lane.standing = before.standing;
  lane.reason = lane.brake.state == Brake::none ? lane.standing : lane.reason;
  return done(braked || before.change == "held" ? "resumed" : "set", what);
}

}  // namespace

LaneCommandResult apply(const LaneWithRules& of, const LaneCommandRequest& wish, Instant now) {
  Lane& lane = *of.lane;
  switch (wish.hand) {
    case LaneCommand::pause: return operator_hold(lane, OperatorHold::paused, wish, now);
    case LaneCommand::hold: return operator_hold(lane, OperatorHold::held, wish, now);
    case LaneCommand::resume: return resume(lane, wish, now);
    case LaneCommand::set: return set_stage(of, wish, now);
    case LaneCommand::undo: return undo(of, wish, now);
    case LaneCommand::ack: break;
  }
  lane.acknowledged = true;
  return {};
}

}  // namespace warmup
