#include "warmup/hand.h"

#include <fmt/format.h>

#include "warmup/advance.h"
#include "warmup/brake.h"

namespace warmup {

namespace {

std::string signed_by(const HandWish& wish, const std::string& what) {
  std::string text = what + " by " + (wish.by.empty() ? "an operator" : wish.by);
  return wish.reason.empty() ? text : text + ": " + wish.reason;
}

HandDone pin(Lane& lane, Pin state, const HandWish& wish, Instant now) {
  lane.pin.state = state;
  lane.pin.until = wish.lasts ? std::optional(now + *wish.lasts) : std::nullopt;
  lane.pin.by = wish.by;
  lane.pin.reason = wish.reason;
  const bool paused = state == Pin::paused;
  return {{{paused ? "paused" : "held", signed_by(wish, paused ? "paused" : "held"), {}, false}}, ""};
}

HandDone resume(Lane& lane, const HandWish& wish, Instant now) {
  if (lane.pin.state == Pin::none && lane.brake.state == Brake::none && !lane.today.held && !lane.held &&
      lane.brake.connections == 0) {
    return {{}, "the lane is neither paused, held nor cooling"};
  }
  release_brake(lane, now);
  lane.brake = {};
  lane.pin = {};
  lane.today.held = lane.held = false;
  lane.reason.clear();
  return {{{"resumed", signed_by(wish, "resumed"), {}, false}}, ""};
}

HandDone set_stage(const Follows& of, const HandWish& wish, Instant now) {
  Lane& lane = *of.lane;
  if (of.rules->plan == nullptr) return {{}, "the lane follows no plan, so it has no stages"};
  if (!wish.stage) return {{}, "set: expected --stage N"};
  if (*wish.stage > of.rules->curve.last()) {
    return {{},
            fmt::format("stage {} is beyond the plan's last stage {} (cap {})", *wish.stage, of.rules->curve.last(),
                        of.rules->curve.cap(of.rules->curve.last()))};
  }
  const unsigned before = lane.stage;
  lane.stage = *wish.stage;
  lane.phase = lane.stage == of.rules->curve.last()          ? Phase::warm
               : lane.stage > 0 || lane.phase != Phase::cold ? Phase::warming
                                                             : Phase::cold;
  lane.best_seed = of.rules->curve.cap(lane.stage);
  lane.best_seeded = now;
  lane.undo = {};
  set_limit(of, now);
  return {{{"set", signed_by(wish, fmt::format("stage {} → {}, cap {}, set", before, lane.stage, lane.best_seed)), {}, false}},
          ""};
}

HandDone undo(const Follows& of, const HandWish& wish, Instant now) {
  Lane& lane = *of.lane;
  if (lane.undo.change.empty()) return {{}, "there is no automatic change to undo"};
  const Undo before = std::exchange(lane.undo, {});
  if (before.change == "cooled" || before.change == "paused") {
    release_brake(lane, now);
    lane.brake.state = before.brake;
    lane.brake.until = before.brake_until;
    lane.brake.cooling = before.interval;
    lane.brake.connections = 0;
    lane.today.blocked = false;
    if (before.brake != Brake::none) lane.brake.since = now;
  } else {
    lane.stage = before.stage;
    lane.phase = before.phase;
    lane.best_seed = of.rules->plan == nullptr ? 0 : std::max(lane.best_seed, of.rules->curve.cap(lane.stage));
    lane.best_seeded = now;
    set_limit(of, now);
  }
  lane.held = false;
  lane.reason.clear();
  return {{{before.change == "cooled" || before.change == "paused" ? "resumed" : "set",
            signed_by(wish, fmt::format("\"{}\" undone", before.change)),
            {},
            false}},
          ""};
}

}  // namespace

HandDone apply(const Follows& of, const HandWish& wish, Instant now) {
  Lane& lane = *of.lane;
  switch (wish.hand) {
    case Hand::pause: return pin(lane, Pin::paused, wish, now);
    case Hand::hold: return pin(lane, Pin::held, wish, now);
    case Hand::resume: return resume(lane, wish, now);
    case Hand::set: return set_stage(of, wish, now);
    case Hand::undo: return undo(of, wish, now);
    case Hand::ack: break;
  }
  lane.acknowledged = true;
  return {};
}

}  // namespace warmup
