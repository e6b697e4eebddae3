#include "warmup/lane_command.h"

#include <fmt/format.h>

#include "warmup/advance.h"
#include "warmup/brake.h"
#include "warmup/lane_curve.h"

namespace warmup {

namespace {

std::string signed_by(const LaneCommandRequest& request, const std::string& what) {
  std::string text = what + " by " + (request.by.empty() ? "an operator" : request.by);
  return request.reason.empty() ? text : text + ": " + request.reason;
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

LaneCommandResult operator_hold(Lane& lane, OperatorHold state, const LaneCommandRequest& request, Instant now) {
  if (request.lasts && *request.lasts <= Duration(0)) return {{}, "expected a duration above 0"};
  lane.operator_hold.state = state;
  lane.operator_hold.until = request.lasts ? std::optional(now + *request.lasts) : std::nullopt;
  lane.operator_hold.by = request.by;
  lane.operator_hold.reason = request.reason;
  const std::string what = state == OperatorHold::paused ? "paused" : "held";
  return done(what, signed_by(request, what + lasting(request.lasts)));
}

void stop_holding(Lane& lane) {
  lane.today.released = lane.today.released || lane.today.bulk_stopped;
  lane.today.bulk_stopped = lane.stage_kept = false;
}

LaneCommandResult resume(Lane& lane, const LaneCommandRequest& request, Instant now) {
  const bool free =
      lane.operator_hold.state == OperatorHold::none && lane.brake.state == Brake::none && lane.brake.connections == 0;
  if (free && !lane.today.bulk_stopped && !lane.stage_kept) return {{}, "the lane is neither paused, held nor cooling"};
  release_brake(lane, now);
  lane.brake = {};
  lane.operator_hold = {};
  stop_holding(lane);
  lane.standing.clear();
  lane.reason.clear();
  return done("resumed", signed_by(request, "resumed"));
}

// What was earned so far counts from today: a lane that is set, or whose decay is undone, has not been idle.
void go_to(const LaneWithRules& of, unsigned stage, Phase phase, Instant now) {
  Lane& lane = *of.lane;
  if (of.rules->plan != nullptr && (stage > lane.stage || lane.best.seed == 0)) {
    lane.best.seed = std::max(lane.best.seed, LaneCurve(of).cap(stage));
    lane.best.seeded = now;
  }
  stand_at(of, stage);
  lane.phase = phase;
  lane.idle = {};
  set_limit(of, now);
}

LaneCommandResult set_stage(const LaneWithRules& of, const LaneCommandRequest& request, Instant now) {
  Lane& lane = *of.lane;
  if (of.rules->plan == nullptr) return {{}, "the lane follows no plan, so it has no stages"};
  if (!request.stage) return {{}, "set: expected --stage N"};
  const LaneCurve curve(of);
  if (*request.stage > curve.last()) {
    return {{},
            fmt::format("stage {} is beyond the plan's last stage {} (cap {})", *request.stage, curve.last(),
                        curve.cap(curve.last()))};
  }
  const unsigned before = lane.stage, stage = *request.stage;
  const bool cold = stage == 0 && lane.phase == Phase::cold, last = stage == curve.last() && !cold;
  lane.best.seed = 0;
  go_to(of, stage, cold ? Phase::cold : last ? Phase::warm : Phase::warming, now);
  lane.undo = {};
  lane.stage_kept = false;
  if (!lane.today.bulk_stopped) lane.standing.clear();  // what holds it within the day still does, until somebody resumes
  if (lane.brake.state == Brake::none) lane.reason = lane.standing;
  return done("set", signed_by(request, fmt::format("stage {} → {}, cap {}, set", before, stage, lane.stage_cap)));
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

LaneCommandResult undo(const LaneWithRules& of, const LaneCommandRequest& request, Instant now) {
  Lane& lane = *of.lane;
  if (lane.undo.change.empty()) return {{}, "there is no automatic change to undo"};
  const Undo before = std::exchange(lane.undo, {});
  const std::string what = signed_by(request, fmt::format("\"{}\" undone", before.change));
  const bool braked = before.change == "cooled" || before.change == "paused";
  if (braked) {
    undo_brake(lane, before, now);
  } else if (before.change == "held") {
    stop_holding(lane);
    unlearn(of, before);
  } else {
    lane.best.from = before.best_from;
    unlearn(of, before);
    go_to(of, before.stage, before.phase, now);
    lane.stage_kept = before.stage_kept;
  }
  lane.standing = before.standing;
  lane.reason = lane.brake.state == Brake::none ? lane.standing : lane.reason;
  return done(braked || before.change == "held" ? "resumed" : "set", what);
}

}  // namespace

LaneCommandResult apply(const LaneWithRules& of, const LaneCommandRequest& request, Instant now) {
  Lane& lane = *of.lane;
  switch (request.command) {
    case LaneCommand::pause: return operator_hold(lane, OperatorHold::paused, request, now);
    case LaneCommand::hold: return operator_hold(lane, OperatorHold::held, request, now);
    case LaneCommand::resume: return resume(lane, request, now);
    case LaneCommand::set: return set_stage(of, request, now);
    case LaneCommand::undo: return undo(of, request, now);
    case LaneCommand::ack: break;
  }
  lane.acknowledged = true;
  return {};
}

}  // namespace warmup
