#include "storm_oracle.h"

#include <algorithm>
#include <cmath>

namespace warmup::oracle {

namespace {

using namespace std::chrono_literals;
using Count = std::int64_t;

Count up(double value) { return static_cast<Count>(std::ceil(value - 1e-9)); }

Recipients at_least_none(Count n) { return n < 0 ? 0 : static_cast<Recipients>(n); }

Count sent_of(const Lane& lane, const std::string& mail_class) {
  const auto found = lane.today.sent_by_class.find(mail_class);
  return found == lane.today.sent_by_class.end() ? 0 : static_cast<Count>(found->second);
}

Count open_of(const Lane& lane, const std::string& mail_class) {
  return static_cast<Count>(lane.reserved_of(mail_class) + lane.pending_of(mail_class));
}

double share_of_day(const Day& day, Instant now) {
  const double share = static_cast<double>((now - day.started).count()) / static_cast<double>((day.ends - day.started).count());
  return std::clamp(share, 0.0, 1.0);  // a clock that was set may be outside
}

// §5: ceil(max(0, floor(reserve · cap) − what the class had) · max(0, 1 − f − 1/24)), over the other classes.
Count protected_from(const LaneView& of, std::string_view mail_class, double f) {
  const auto limit = static_cast<double>(*of.lane->today.limit);
  Count sum = 0;
  for (const auto& other : *of.rules->classes) {
    if (other.name == mail_class) continue;
    const auto share = static_cast<Count>(std::floor(other.reserve * limit + 1e-9));
    const Count rest = std::max<Count>(0, share - sent_of(*of.lane, other.name) - open_of(*of.lane, other.name));
    sum += up(static_cast<double>(rest) * std::max(0.0, 1 - f - 1.0 / 24));
  }
  return sum;
}

// §5: sent_paced ≤ ceil((cap − sent_unpaced) · min(1, f/0.95 + 1/24)); what is under way is sent.
Count pace_room(const LaneView& of, double f) {
  Count paced = 0, unpaced = 0;
  for (const auto& each : *of.rules->classes)
    (each.pace ? paced : unpaced) += sent_of(*of.lane, each.name) + open_of(*of.lane, each.name);
  const Count budget = std::max<Count>(0, static_cast<Count>(*of.lane->today.limit) - unpaced);
  return up(static_cast<double>(budget) * std::min(1.0, f / 0.95 + 1.0 / 24)) - paced;
}

// The lower end of a 90 % Wilson interval, with the floors of §7.
bool more_than(Recipients bad, Recipients all, double share) {
  if (all < 20 || bad < 5) return false;
  const double z = 1.645, n = static_cast<double>(all), p = std::min(1.0, static_cast<double>(bad) / n);
  const double lower = (p + z * z / (2 * n) - z * std::sqrt((p * (1 - p) + z * z / (4 * n)) / n)) / (1 + z * z / n);
  return lower > share;
}

// §2: used to nine tenths, no brake, every share below a third of the one that holds.
bool full_and_clean(const Day& day, const PlanOptions& plan) {
  const auto& t = day.health;
  const auto far = [&](Recipients bad, double bound) {
    return bad == 0 || 3 * static_cast<double>(bad) < bound * static_cast<double>(t.answered);
  };
  return day.limit && static_cast<Count>(day.delivered) >= up(0.9 * static_cast<double>(*day.limit)) && day.braked == 0ms &&
         day.longest_cool == 0ms && !day.blocked && far(t.rate_limited, plan.health.hold_deferrals) &&
         far(t.bounced, plan.health.hold_bounces) && far(t.rejected, plan.health.hold_rejects) &&
         far(t.complaints, plan.health.hold_complaints);
}

bool steps_back(const Day& day, const PlanOptions& plan) {
  const auto& t = day.health;
  return day.blocked || more_than(t.rate_limited, t.answered, plan.health.step_back_deferrals) ||
         more_than(t.bounced, t.answered, plan.health.step_back_bounces) ||
         more_than(t.complaints, t.answered, plan.health.step_back_complaints);
}

bool holds(const Day& day, const PlanOptions& plan) {
  const auto& t = day.health;
  const double braked = static_cast<double>(day.braked.count()) / static_cast<double>((day.ends - day.started).count());
  return braked > 0.25 || day.longest_cool >= 1h || more_than(t.rate_limited, t.answered, plan.health.hold_deferrals) ||
         more_than(t.bounced, t.answered, plan.health.hold_bounces) ||
         more_than(t.rejected, t.answered, plan.health.hold_rejects) ||
         more_than(t.complaints, t.answered, plan.health.hold_complaints);
}

unsigned after_idle_day(const PlanOptions& plan, const Lane& before, const Day& day) {
  const Duration idle = before.idle.lasted + (day.ends - day.started);
  if (idle >= plan.cold_after) return 0;
  if (idle < plan.idle_grace) return before.stage;
  const auto lost = static_cast<unsigned>((idle - plan.idle_grace) / plan.idle_step);
  const unsigned more = lost > before.idle.stages_lost ? lost - before.idle.stages_lost : 0;
  return before.stage > more ? before.stage - more : 0;
}

// §2: level := min(target, level · growth) from stage to stage, of a lane that learns by the growths that it had.
Recipients cap_of(const Rules& rules, const Lane& lane, unsigned stage) {
  if (!rules.learns()) return rules.curve.cap(stage);
  double level = static_cast<double>(rules.plan->start);
  for (unsigned i = 0; i < stage; ++i) level *= lane.growth.steps.at(i) / 1e6;
  return static_cast<Recipients>(std::floor(std::min(level, static_cast<double>(rules.plan->target)) + 1e-9));
}

bool earned(const Rules& rules, const Lane& before, const Day& day) {
  const PlanOptions& plan = *rules.plan;
  const Recipients cap = cap_of(rules, before, before.stage);
  const Recipients counted = plan.enforce ? day.delivered : std::min(day.delivered, cap);
  if (counted == 0) return false;
  if (plan.advance == Advance::calendar) return true;
  return static_cast<Count>(counted) >= up(plan.use * static_cast<double>(cap));
}

}  // namespace

namespace {
Count hourly_limit(const PlanOptions& plan, Recipients limit, double share) {
  const auto cap = static_cast<double>(limit);
  if (plan.preset == "sendgrid") return std::max<Count>(1, up(cap / 24));
  return std::max<Count>(10, up(share * cap));
}

// What the hour has room for: by `hourly`, and for as many as the class may still have of its reserve by `hourly_reserved`.
Count room_in_hour(const LaneView& of, const Ask& request, Count used) {
  const Lane& lane = *of.lane;
  const PlanOptions& plan = *of.rules->plan;
  const Count usual = hourly_limit(plan, *lane.today.limit, plan.hourly) - used;
  const double reserve = of.rules->mail_class(request.mail_class).reserve;
  auto within = static_cast<Count>(std::floor(reserve * static_cast<double>(*lane.today.limit) + 1e-9));
  if (const auto sent = lane.today.sent_by_class.find(request.mail_class); sent != lane.today.sent_by_class.end())
    within -= static_cast<Count>(sent->second);
  within -= static_cast<Count>(lane.reserved_of(request.mail_class));
  if (!request.has_place) within -= static_cast<Count>(lane.pending_of(request.mail_class));
  if (reserve <= 0 || within <= 0) return usual;
  const Count reserved = hourly_limit(plan, *lane.today.limit, std::max(plan.hourly, plan.hourly_reserved)) - used;
  return std::max(usual, std::min(reserved, within));
}
}  // namespace

Recipients most_in_an_hour(const PlanOptions& plan, Recipients limit) {
  return at_least_none(hourly_limit(plan, limit, std::max(plan.hourly, plan.hourly_reserved)));
}

Recipients room(const LaneView& of, const Ask& request, Recipients hour, Instant now) {
  const Lane& lane = *of.lane;
  const auto& mail_class = of.rules->mail_class(request.mail_class);
  if (lane.today.bulk_stopped && mail_class.reserve <= 0) return 0;
  if (!lane.today.limit) return without_end;
  const auto limit = static_cast<Count>(*lane.today.limit), under_way = static_cast<Count>(lane.reserved());
  const Count charged = static_cast<Count>(lane.today.sent) + under_way;
  const Count in_hour = room_in_hour(of, request, static_cast<Count>(hour) + under_way);
  if (request.has_place && lane.pending_of(request.mail_class) > 0)
    return at_least_none(std::min({limit - charged, static_cast<Count>(lane.pending_of(request.mail_class)), in_hour}));
  const double f = share_of_day(lane.today, now);
  const Count used = charged + static_cast<Count>(lane.pending());
  Count left = std::min(limit - protected_from(of, request.mail_class, f) - used, in_hour);
  left = std::min(left, 3 * limit - static_cast<Count>(lane.today.attempts) - under_way);
  if (of.rules->plan->pace == Pace::even && mail_class.pace) left = std::min(left, pace_room(of, f));
  return at_least_none(left);
}

unsigned stage_after(const Rules& rules, const Lane& before, const Day& day) {
  const PlanOptions& plan = *rules.plan;
  if (before.operator_hold.state != OperatorHold::none && (!before.operator_hold.until || *before.operator_hold.until > day.ends))
    return before.stage;
  if (!rules.overall && steps_back(day, plan)) return before.stage > plan.step_back ? before.stage - plan.step_back : 0;
  if (!rules.overall && holds(day, plan)) return before.stage;
  if (day.delivered == 0) return before.phase == Phase::cold ? before.stage : after_idle_day(plan, before, day);
  if (before.phase == Phase::warm || !earned(rules, before, day)) return before.stage;
  if (!rules.learns()) return std::min(before.stage + 1, rules.curve.last());
  return cap_of(rules, before, before.stage) >= plan.target ? before.stage : before.stage + 1;
}

double growth_of(const Rules& rules, const Lane& lane) {
  return lane.growth.now == 0 ? rules.plan->growth : lane.growth.now / 1e6;
}

double growth_after(const Rules& rules, const Lane& before, const Day& day) {
  const PlanOptions& plan = *rules.plan;
  const double now = growth_of(rules, before);
  if (before.operator_hold.state != OperatorHold::none && (!before.operator_hold.until || *before.operator_hold.until > day.ends))
    return now;
  if (steps_back(day, plan) && plan.step_back > 0) return plan.growth_min;
  if (steps_back(day, plan) || holds(day, plan)) return std::max(plan.growth_min, 1 + (now - 1) / 2);
  if (day.delivered == 0) {
    const bool forgotten =
        (before.phase != Phase::cold || before.stage > 0) && before.idle.lasted + (day.ends - day.started) >= plan.cold_after;
    return forgotten ? plan.growth : now;
  }
  return full_and_clean(day, plan) ? std::min(plan.growth_max, now + 0.03) : now;
}

std::optional<Recipients> limit_of_day(const Rules& rules, const Lane& lane, Instant now) {
  std::optional<Recipients> limit;
  Recipients best = now - lane.best.seeded <= 30 * 24h ? lane.best.seed : 0;
  for (const auto& day : lane.history)
    if (now - day.ends <= 30 * 24h && day.ends > lane.best.from) best = std::max(best, day.delivered);
  const auto most = rules.plan->max;
  if (lane.phase != Phase::warm) {
    limit = cap_of(rules, lane, lane.stage);
  } else if (!rules.overall) {
    const auto grown = static_cast<Recipients>(std::floor(rules.plan->growth * static_cast<double>(best) + 1e-9));
    limit = std::max(rules.curve.cap(rules.curve.last()), grown);
    if (most > 0) limit = std::min<Recipients>(*limit, most);
  } else if (most > 0) {
    limit = most;
  }
  if (rules.overall || rules.plan->surge <= 0) return limit;
  double k = rules.plan->surge;
  if (lane.stage > 0)
    k = std::max(k,
                 static_cast<double>(cap_of(rules, lane, lane.stage)) / static_cast<double>(cap_of(rules, lane, lane.stage - 1)));
  const auto guard = std::max(rules.curve.cap(0), static_cast<Recipients>(std::floor(k * static_cast<double>(best) + 1e-9)));
  return limit ? std::min(*limit, guard) : guard;
}

}  // namespace warmup::oracle
