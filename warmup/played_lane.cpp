#include "warmup/played_lane.h"

#include <algorithm>
#include <utility>

#include "warmup/advance.h"
#include "warmup/gate.h"

namespace warmup {

using namespace std::chrono_literals;

PlayedLane::PlayedLane(const LaneView& of) : lane_(*of.lane), rules_(of.rules) {
  lane_.open.clear();
  note_hourly();
}

std::optional<Instant> PlayedLane::opens(Instant now) const {
  if (lane_.operator_hold.state == OperatorHold::paused && !lane_.operator_hold.until) return std::nullopt;
  Instant opens = std::max(now, lane_.today.started);
  if (lane_.brake.state != Brake::none) opens = std::max(opens, lane_.brake.until);
  if (lane_.operator_hold.state == OperatorHold::paused) opens = std::max(opens, *lane_.operator_hold.until);
  return opens;
}

// The limit, as fast as the hourly limit lets it.
Recipients PlayedLane::room(Instant now) const {
  const auto from = opens(now);
  if (!from || *from >= lane_.today.ends) return 0;
  if (!limited()) return without_limit;
  const Recipients left = *lane_.today.limit - std::min(*lane_.today.limit, lane_.today.sent);
  const auto hours = static_cast<Recipients>((lane_.today.ends - *from) / Duration(1h)) + 1;
  return std::min(left, hourly() * hours);
}

void PlayedLane::sends(std::string_view mail_class, Recipients n) {
  lane_.today.sent += n;
  lane_.today.delivered += n;
  if (n > 0) lane_.today.sent_by_class[std::string(mail_class)] += n;
}

void PlayedLane::end_day() {
  Day& day = lane_.today;
  day.health = {};
  day.braked = day.longest_cool = Duration(0);
  day.blocked = false;
  const BrakeState brake = std::exchange(lane_.brake, {});  // no vetoes
  advance_to({&lane_, rules_}, {day.ends, {}});
  if (brake.until > lane_.today.started) lane_.brake = brake;
  note_hourly();
}

void PlayedLane::note_hourly() {
  hourly_ = without_limit;
  for (const auto& gate : gates({&lane_, rules_}, {"bulk", 1}, lane_.today.started)) {
    if (gate.why == Why::hourly) hourly_ = gate.limit;
  }
}

std::shared_ptr<PlayedDay> PlayedDay::after(std::shared_ptr<PlayedDay> day, Recipients sent, std::uint64_t& played) {
  if (const auto known = day->next_.find(sent); known != day->next_.end()) return known->second;
  ++played;
  if (day.use_count() == 1) {  // no other forecast is there any more
    day->next_.clear();
    day->end(sent);
    return day;
  }
  auto next = std::make_shared<PlayedDay>(day->lane_);
  next->end(sent);
  day->next_.emplace(sent, next);
  return next;
}

void PlayedDay::end(Recipients sent) {
  lane_.sends("", sent);
  lane_.end_day();
}

}  // namespace warmup
