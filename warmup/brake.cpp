#include "warmup/brake.h"

#include <fmt/format.h>

#include <algorithm>

namespace warmup {

namespace {

using namespace std::chrono_literals;
constexpr Duration first_cool = 5min, longest_cool = 4h, suspect_cool = 15min, suspicion_lasts = 1h;
constexpr Duration first_pause = 4h, longest_pause = 24h, clean_after = 24h, ask_again = 1min;
constexpr Recipients clean_step = 10;
constexpr unsigned most_limited = 4;

std::string minutes_text(Duration interval) {
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(interval).count();
  return minutes % 60 == 0 ? fmt::format("{} h", minutes / 60) : fmt::format("{} min", minutes);
}

void remember(Lane& lane, std::string change) {
  lane.undo = {std::move(change), lane.phase, lane.stage, lane.brake.state, lane.brake.until, lane.brake.cooling};
}

void begin(Lane& lane, Brake state, Duration interval, const Refusal& refusal, Instant now) {
  auto& brake = lane.brake;
  if (brake.state == Brake::none) brake.since = now;
  brake.state = state;
  brake.until = now + interval;
  brake.probing = false;
  brake.connections = 1;
  brake.clean = 0;
  brake.trigger = refusal.message;
  lane.evidence = {refusal.evidence};
  lane.acknowledged = false;
}

bool is_older(const Lane& lane, const Refusal& refusal) {
  const auto last = std::max(lane.brake.cooled_at, lane.brake.paused_at);
  return lane.brake.state != Brake::none && !refusal.probe && refusal.began <= last;
}

Changes cool(Lane& lane, Duration interval, const Refusal& refusal, Instant now, const std::string& what) {
  remember(lane, "cooled");
  begin(lane, Brake::cooling, interval, refusal, now);
  lane.brake.cooled_at = now;
  lane.today.longest_cool = std::max(lane.today.longest_cool, interval);
  lane.reason = fmt::format("{}: cooling for {}", what, minutes_text(interval));
  return {{"cooled", lane.reason, lane.evidence, false}};
}

}  // namespace

Changes rate_limited(Lane& lane, const Refusal& refusal, Instant now) {
  if (is_older(lane, refusal) || lane.brake.state == Brake::paused) return {};
  auto& brake = lane.brake;
  if (brake.cooled_at != Instant{} && now - brake.cooled_at >= clean_after) brake.cooling = Duration(0);
  brake.cooling = brake.cooling == Duration(0) ? first_cool : std::min(longest_cool, 2 * brake.cooling);
  return cool(lane, brake.cooling, refusal, now, "rate limited");
}

Changes blocked(Lane& lane, const Refusal& refusal, Instant now) {
  if (is_older(lane, refusal) && lane.brake.state == Brake::paused) return {};
  auto& brake = lane.brake;
  const bool fresh = brake.suspected_at != Instant{} && now - brake.suspected_at <= suspicion_lasts;
  const bool another = fresh && (refusal.sender != brake.suspect_sender || refusal.content != brake.suspect_content);
  if (!refusal.at_once && !refusal.probe && !another) {
    brake.suspect_sender = refusal.sender;
    brake.suspect_content = refusal.content;
    brake.suspected_at = now;
    if (lane.brake.state != Brake::none) return {};
    return cool(lane, suspect_cool, refusal, now, "blocked for its reputation, not confirmed yet");
  }
  remember(lane, "paused");
  if (brake.paused_at != Instant{} && now - brake.paused_at >= clean_after + brake.pausing) brake.pausing = Duration(0);
  brake.pausing = brake.pausing == Duration(0) ? first_pause : std::min(longest_pause, 2 * brake.pausing);
  begin(lane, Brake::paused, brake.pausing, refusal, now);
  brake.paused_at = now;
  brake.suspected_at = {};
  lane.today.blocked = true;
  lane.reason = fmt::format("blocked for its reputation: paused for {}", minutes_text(brake.pausing));
  return {{"paused", lane.reason, lane.evidence, true}};
}

void probe_leaves(Lane& lane) { lane.brake.probing = true; }

void probe_unanswered(Lane& lane, Instant now) {
  if (!lane.brake.probing) return;
  lane.brake.probing = false;
  lane.brake.until = now + ask_again;
}

void release_brake(Lane& lane, Instant now) {
  auto& brake = lane.brake;
  if (brake.state != Brake::none) lane.today.braked += std::max(Duration(0), now - std::max(brake.since, lane.today.started));
  brake.state = Brake::none;
  brake.probing = false;
  brake.until = {};
  lane.reason.clear();
}

Changes went_well(Lane& lane, Recipients n, bool probe, Instant now) {
  auto& brake = lane.brake;
  if (brake.state != Brake::none) {
    if (!probe) return {};  // begun before the brake
    const bool was_paused = brake.state == Brake::paused;
    release_brake(lane, now);
    brake.connections = 1;
    brake.clean = 0;
    brake.cooling /= 2;
    return {{"reopened", was_paused ? "a probe was accepted after the pause" : "a probe was accepted", {}, false}};
  }
  if (brake.connections == 0) return {};
  brake.clean += n;
  while (brake.connections != 0 && brake.clean >= clean_step) {
    brake.clean -= clean_step;
    brake.connections = brake.connections >= most_limited ? 0 : 2 * brake.connections;
    brake.cooling /= 2;
  }
  return {};
}

Changes bounces_within_the_day(Lane& lane, const Rules& rules, Instant now) {
  if (!rules.enforced() || rules.overall || lane.today.held || now >= lane.today.ends) return {};
  const auto& tally = lane.today.health;
  if (!exceeds(tally.bounced, tally.answered, rules.plan->hold_bounces)) return {};
  lane.today.held = true;
  const auto top = std::max_element(lane.today.bounced_senders.begin(), lane.today.bounced_senders.end(),
                                    [](const auto& a, const auto& b) { return a.second < b.second; });
  lane.reason = fmt::format("{} of {} recipients do not exist; classes without a reserve wait until the day ends", tally.bounced,
                            tally.answered);
  if (top != lane.today.bounced_senders.end()) lane.reason += fmt::format(" (most from <{}>: {})", top->first, top->second);
  lane.acknowledged = false;
  return {{"held", lane.reason, lane.evidence, true}};
}

}  // namespace warmup
