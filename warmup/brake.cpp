#include "warmup/brake.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "warmup/removal_link.h"

namespace warmup {

namespace {

using namespace std::chrono_literals;
constexpr Duration suspect_cool = 15min, suspicion_lasts = 1h, factor_lasts = 1h;
constexpr Duration first_pause = 4h, longest_pause = 24h, listed_pause = 24h, clean_after = 24h, ask_again = 1min;
constexpr Recipients clean_step = 10;
constexpr unsigned most_limited = 4;
constexpr double least_factor_then = 2.0;
constexpr std::int64_t halvings_to_nothing = 16;

std::string minutes_text(Duration interval) {
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(interval).count();
  return minutes % 60 == 0 ? fmt::format("{} h", minutes / 60) : fmt::format("{} min", minutes);
}

void begin(Lane& lane, Brake state, Duration interval, const Refusal& refusal, Instant now) {
  count_braked(lane, now);
  auto& brake = lane.brake;
  if (brake.state == Brake::none) brake.since = now;
  brake.counted = now;
  brake.state = state;
  brake.until = now + interval;
  brake.probing = false;
  brake.listed = false;
  brake.connections = 1;
  brake.clean = 0;
  brake.trigger = refusal.message;
  lane.evidence = {refusal.evidence};
  lane.acknowledged = false;
}

// A reply of a conversation that was given its permit before the brake: it tells nothing new.
bool is_older(const Refusal& refusal, Instant braked_at) { return !refusal.probe && refusal.began <= braked_at; }

Changes cool(Lane& lane, Duration interval, const Refusal& refusal, Instant now, const std::string& what) {
  remember(lane, "cooled");
  begin(lane, Brake::cooling, interval, refusal, now);
  lane.brake.cooled_at = now;
  lane.today.longest_cool = std::max(lane.today.longest_cool, interval);
  lane.reason = fmt::format("{}: cooling for {}", what, minutes_text(interval));
  return {{"cooled", lane.reason, lane.evidence, false}};
}

Changes pause_for(Lane& lane, Duration interval, const Refusal& refusal, Instant now, const std::string& what) {
  remember(lane, "paused");
  begin(lane, Brake::paused, interval, refusal, now);
  lane.brake.pausing = interval;
  lane.brake.paused_at = now;
  lane.reason = fmt::format("{}: paused for {}", what, minutes_text(interval));
  return {{"paused", lane.reason, lane.evidence, true}};
}

Changes pause(Lane& lane, const Refusal& refusal, Instant now, const std::string& what) {
  const auto& brake = lane.brake;
  const bool clean = brake.paused_at != Instant{} && now - brake.paused_at >= clean_after + brake.pausing;
  const Duration interval = clean ? first_pause : std::clamp(2 * brake.pausing, first_pause, longest_pause);
  return pause_for(lane, interval, refusal, now, what);
}

// The interval in force or last used, halved for each whole hour that the lane has gone on without a refusal. While a brake is on nothing
// is asked, so nothing is forgiven.
Duration interval_now(const BrakeState& brake, Instant now) {
  if (brake.state != Brake::none) return brake.cooling;
  const auto hours = std::chrono::floor<std::chrono::hours>(now - std::max(brake.reopened_at, brake.cooled_at)).count();
  return hours >= halvings_to_nothing ? Duration(0) : brake.cooling / (std::int64_t{1} << std::max<std::int64_t>(0, hours));
}

// The interval of a further refusal. A factor of 1 is for an hour: who is refused for longer has to knock less often.
Duration longer(const BrakeState& brake, const RateRecovery& recovery, Duration last, Instant now) {
  const bool early = now - brake.cooling_began < factor_lasts;
  const double factor = early ? recovery.cool_factor : std::max(recovery.cool_factor, least_factor_then);
  const double grown = std::min(static_cast<double>(last.count()) * factor, static_cast<double>(recovery.cool_longest.count()));
  return std::max(recovery.cool, Duration(std::llround(grown)));
}

unsigned next_connections(unsigned connections, const RateRecovery& recovery) {
  if (recovery.reopen == Reopen::one_by_one) return connections + 1 >= recovery.connections ? 0 : connections + 1;
  return connections >= most_limited ? 0 : 2 * connections;
}

}  // namespace

Changes rate_limited(Lane& lane, const RateRecovery& recovery, const Refusal& refusal, Instant now) {
  auto& brake = lane.brake;
  if (is_older(refusal, std::max(brake.cooled_at, brake.paused_at))) return {};
  if (brake.state == Brake::paused && !refusal.probe) return {};
  const bool clean = brake.cooled_at != Instant{} && now - brake.cooled_at >= clean_after;
  const Duration last = interval_now(brake, now);
  const bool anew = clean || last < recovery.cool;
  const Duration interval = anew ? recovery.cool : longer(brake, recovery, last, now);
  auto changes = cool(lane, interval, refusal, now, "rate limited");
  brake.cooling = interval;
  if (anew) brake.cooling_began = now;
  return changes;
}

Changes blocked(Lane& lane, const Refusal& refusal, Instant now) {
  auto& brake = lane.brake;
  if (is_older(refusal, brake.paused_at)) return {};
  const bool suspected = brake.suspected_at != Instant{};
  const bool fresh = suspected && now - brake.suspected_at <= suspicion_lasts;
  const bool another = fresh && (refusal.sender != brake.suspect_sender || refusal.content != brake.suspect_content);
  const bool again = refusal.probe && (brake.state == Brake::paused || (suspected && brake.suspected_at >= brake.since));
  if (!refusal.at_once && !another && !again) {
    const bool braked = brake.state != Brake::none && !refusal.probe;
    Changes changes;
    if (!braked) changes = cool(lane, suspect_cool, refusal, now, "blocked for its reputation, not confirmed yet");
    brake.suspect_sender = refusal.sender;
    brake.suspect_content = refusal.content;
    brake.suspected_at = now;
    return changes;
  }
  auto changes = pause(lane, refusal, now, "blocked for its reputation");
  brake.suspected_at = {};
  lane.today.blocked = true;
  return changes;
}

// The words name the list, so there is nothing to confirm. The day's end steps back for it once, not for every day that it lasts.
Changes listed(Lane& lane, const Refusal& refusal, Instant now) {
  auto& brake = lane.brake;
  if (is_older(refusal, brake.paused_at)) return {};
  const bool lasts = refusal.probe && brake.state == Brake::paused && brake.listed;
  const std::string page = removal_link(refusal.evidence.text);
  const std::string what = page.empty() ? "on a list that has to be asked for removal" : "on a list; ask for removal at " + page;
  auto changes = pause_for(lane, listed_pause, refusal, now, what);
  brake.suspected_at = {};
  brake.listed = true;
  lane.today.blocked = lane.today.blocked || !lasts;
  return changes;
}

Changes denied(Lane& lane, const Refusal& refusal, Instant now) {
  if (is_older(refusal, lane.brake.paused_at)) return {};
  return pause(lane, refusal, now, "does not relay for us");
}

void count_braked(Lane& lane, Instant upto) {
  auto& brake = lane.brake;
  if (brake.state == Brake::none) return;
  const Instant from = std::max(brake.counted, lane.today.started), to = std::min(upto, brake.until);
  if (to > from) lane.today.braked += to - from;
  brake.counted = std::max(brake.counted, upto);
}

void probe_leaves(Lane& lane) { lane.brake.probing = true; }

void probe_unanswered(Lane& lane, Instant now) {
  if (!lane.brake.probing) return;
  lane.brake.probing = false;
  lane.brake.until = now + ask_again;
}

void release_brake(Lane& lane, Instant now) {
  count_braked(lane, now);
  auto& brake = lane.brake;
  brake.state = Brake::none;
  brake.listed = false;
  brake.probing = false;
  brake.until = {};
  lane.reason = lane.standing;
}

Changes went_well(Lane& lane, const RateRecovery& recovery, Recipients n, bool probe, Instant now) {
  auto& brake = lane.brake;
  if (brake.state != Brake::none) {
    if (!probe) return {};  // begun before the brake
    const bool was_paused = brake.state == Brake::paused;
    release_brake(lane, now);
    brake.connections = 1;
    brake.clean = 0;
    brake.reopened_at = now;
    return {{"reopened", was_paused ? "a probe was accepted after the pause" : "a probe was accepted", {}, false}};
  }
  if (brake.connections == 0) return {};
  brake.clean += n;
  while (brake.connections != 0 && brake.clean >= clean_step) {
    brake.clean -= clean_step;
    brake.connections = next_connections(brake.connections, recovery);
  }
  return {};
}

Changes bounces_within_the_day(Lane& lane, const Rules& rules, Instant now) {
  if (!rules.enforced() || rules.overall || lane.today.bulk_stopped || lane.today.released || now >= lane.today.ends) return {};
  const auto& tally = lane.today.health;
  if (!exceeds(tally.bounced, tally.answered, rules.plan->health.hold_bounces)) return {};
  remember(lane, "held");
  lane.today.bulk_stopped = true;
  const auto top = std::max_element(lane.today.bounced_senders.begin(), lane.today.bounced_senders.end(),
                                    [](const auto& a, const auto& b) { return a.second < b.second; });
  lane.standing = fmt::format("{} of {} recipients do not exist; classes without a reserve wait until the day ends",
                              tally.bounced, tally.answered);
  if (top != lane.today.bounced_senders.end()) lane.standing += fmt::format(" (most from <{}>)", top->first);
  if (lane.brake.state == Brake::none) lane.reason = lane.standing;
  if (auto said = samples_of(lane.today, FailureKind::bounces); !said.empty()) lane.evidence = std::move(said);
  lane.acknowledged = false;
  return {{"held", lane.standing, lane.evidence, true}};
}

Changes react(Lane& lane, const Rules& rules, Verdict verdict, const Refusal& refusal, Recipients answered, Instant now) {
  Changes changes;
  if (verdict == Verdict::rate_limited)
    changes = rate_limited(lane, rules.recovery, refusal, now);
  else if (verdict == Verdict::reputation_block)
    changes = blocked(lane, refusal, now);
  else if (verdict == Verdict::delisting)
    changes = listed(lane, refusal, now);
  else if (answered > 0)
    changes = went_well(lane, rules.recovery, answered, refusal.probe, now);
  Changes bounces = bounces_within_the_day(lane, rules, now);
  std::ranges::move(bounces, std::back_inserter(changes));
  return changes;
}

}  // namespace warmup
