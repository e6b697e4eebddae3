#include "warmup/advance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "warmup/judge.h"
#include "warmup/lane_curve.h"

namespace warmup {

namespace {

using namespace std::chrono_literals;
constexpr Duration jump = 1h, best_lasts = 24h * 30;
constexpr Duration day_at_least = 20h, shortest_day = 12h;
constexpr std::size_t days_kept = 35;
constexpr Duration days_last = 24h * days_kept;
constexpr Duration too_long = 24h * 3650;  // no lane is idle for ten years: the clock is wrong
constexpr std::size_t median_days = 7;

void append(Changes& to, Changes more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Every day has a row of its own: where a zone or day_start was changed, two may end on one date.
void keep_in_history(Lane& lane) {
  if (lane.today.date.empty()) return;
  lane.history.insert(std::move(lane.today));
}

void forget_old_days(Lane& lane) {
  const Instant today = lane.today.started;
  lane.history.keep(days_kept, [&](const Day& day) { return day.ends >= today - days_last && day.started <= today + days_last; });
}

// The day of the history that covers an instant: what a clock that was set finds.
PastDays::Iterator used_day(const Lane& lane, Instant at) {
  return std::find_if(lane.history.begin(), lane.history.end(),
                      [&](const Day& day) { return day.started <= at && at < day.ends; });
}

void resume(Lane& lane, PastDays::Iterator used) {
  Day day = lane.history.take(used);
  keep_in_history(lane);
  lane.today = std::move(day);
}

std::string free_date(const Lane& lane, const std::string& date) {
  std::string name = date;
  const auto taken = [&](const Day& day) { return day.date == name; };
  for (char letter = 'b'; letter <= 'z' && std::any_of(lane.history.begin(), lane.history.end(), taken); ++letter) {
    name = date + letter;
  }
  return name;
}

// Opens [started, ends), or goes on with the day that was used in that time already.
void open_day(const LaneWithRules& of, Instant started, Instant ends) {
  Lane& lane = *of.lane;
  keep_in_history(lane);
  lane.today = Day{};
  const auto overlaps = [&](const Day& day) { return day.started < ends && day.ends > started; };
  const auto used = std::find_if(lane.history.rbegin(), lane.history.rend(), overlaps);
  if (used != lane.history.rend()) {
    lane.today = lane.history.take(std::next(used).base());
    return;
  }
  lane.today.date = free_date(lane, of.rules->day.date(ends));
  lane.today.started = started;
  lane.today.ends = ends;
  forget_old_days(lane);
  set_limit(of, started);
}

// §3: within one boot, hours must really have passed since the day began; a clock set forward opens none. (A first day may be shorter
// than 20 hours: all but an hour of it must have passed.)
bool may_open(const Lane& lane, const Moment& moment) {
  if (moment.boot.id.empty() || lane.opened_boot.id != moment.boot.id) return true;
  const Duration length = lane.today.ends - lane.today.started;
  return moment.boot.since - lane.opened_boot.since >= std::min<Duration>(day_at_least, length - 1h);
}

// When the day began, by both clocks. Lanes are looked at when there is mail for them, which may be late in the day; but when the clocks
// do not agree it began now.
void note_opening(Lane& lane, const Moment& moment, bool clock_behind_since) {
  lane.opened_at = clock_behind_since ? moment.now : lane.today.started;
  lane.opened_boot = moment.boot;
  lane.opened_boot.since -= moment.now - lane.opened_at;
}

bool has_nothing_to_lose(const LaneWithRules& of) {
  return of.rules->plan == nullptr || (of.lane->phase == Phase::cold && of.lane->stage == 0);
}

// Days since the day that ended: one by one, as days with nothing sent; with clocks that disagree only the one that is now.
Changes next_days(const LaneWithRules& of, const Moment& moment) {
  Lane& lane = *of.lane;
  const bool clock_behind_since = clocks_disagree(lane.opened_at, lane.opened_boot, moment);
  const DayRule& rule = of.rules->day;
  Changes changes;
  while (moment.now >= lane.today.ends && may_open(lane, moment)) {
    if (!lane.today.judged) append(changes, judge(of));
    Instant started = lane.today.ends, ends = rule.first_end(started);
    if (ends <= moment.now && (clock_behind_since || moment.now - ends > too_long || has_nothing_to_lose(of))) {
      started = std::max(started, rule.last_boundary(moment.now));
      ends = rule.first_end(started);
    }
    open_day(of, started, ends);
    if (lane.today.ends > moment.now) {
      note_opening(lane, moment, clock_behind_since);
    } else {
      lane.opened_boot.id.clear();  // a day that was slept through
    }
  }
  return changes;
}

// A time before all that is known of the lane: a clock that was wrong when the lane began, or is wrong now. Today goes on for as long as a
// day must last, then the day that the clock shows is opened, unless one that was used begins soon.
Changes before_all_days(const LaneWithRules& of, const Moment& moment) {
  Lane& lane = *of.lane;
  if (lane.clock_behind_since.id.empty() || lane.clock_behind_since.id != moment.boot.id) {
    lane.clock_behind_since = moment.boot;
    return {};
  }
  if (moment.boot.since - lane.clock_behind_since.since < day_at_least) return {};
  Instant next_used = lane.today.started;
  for (const auto& day : lane.history) {
    if (day.started > moment.now) next_used = std::min(next_used, day.started);
  }
  if (next_used - moment.now < shortest_day) return {};
  Changes changes;
  if (!lane.today.judged) changes = judge(of);
  open_day(of, moment.now, std::min(next_used, of.rules->day.first_end(moment.now)));
  note_opening(lane, moment, true);
  return changes;
}

Changes go_to_day(const LaneWithRules& of, const Moment& moment) {
  Lane& lane = *of.lane;
  const bool ended = moment.now >= lane.today.ends, before = moment.now < lane.today.started;
  if (!before) lane.clock_behind_since = {};
  if (!ended && !before) return {};
  const auto used = used_day(lane, moment.now);
  if (used == lane.history.end()) return before ? before_all_days(of, moment) : next_days(of, moment);
  Changes changes;
  if (ended && !lane.today.judged) changes = judge(of);
  resume(lane, used);
  return changes;
}

// A clock set back: what lies ahead of it happened just now.
void turn_back(Lane& lane, Instant now) {
  lane.hour.turn_back(now);
  auto& brake = lane.brake;
  for (Instant* at : {&brake.since, &brake.cooled_at, &brake.paused_at, &brake.reopened_at, &brake.counted, &brake.suspected_at})
    *at = std::min(*at, now);
  if (brake.state == Brake::none) return;
  const Duration longest = brake.state == Brake::paused ? brake.pausing : std::max<Duration>(brake.cooling, 15min);
  brake.until = std::min(brake.until, now + longest);
}

Recipients median_delivered(const Lane& lane) {
  std::vector<Recipients> days;
  for (auto day = lane.history.rbegin(); day != lane.history.rend() && days.size() < median_days; ++day) {
    if (day->delivered > 0) days.push_back(day->delivered);
  }
  if (days.empty()) return 0;
  std::sort(days.begin(), days.end());
  return (days[(days.size() - 1) / 2] + days[days.size() / 2]) / 2;
}

bool follows(const Lane& lane, const Rules& rules) {
  if (rules.plan == nullptr) return lane.plan.empty() && lane.curve_mark.empty();
  return lane.curve_mark == LaneCurve({&lane, &rules}).mark() && lane.plan == rules.plan->name &&
         lane.observed == !rules.plan->enforce;
}

Recipients times(double factor, Recipients n) {
  return static_cast<Recipients>(std::floor(factor * static_cast<double>(n) + 1e-9));
}

// Beyond the target a lane grows as it did before; a total has no best day, and only its `max`.
std::optional<Recipients> warm_limit(const LaneWithRules& of, Instant now) {
  const Rules& rules = *of.rules;
  const Recipients most = rules.curve.most();
  if (rules.overall) return most > 0 ? std::optional(most) : std::nullopt;
  const Recipients grown = std::max(rules.curve.target(), times(rules.plan->growth, best_day(*of.lane, now)));
  return most > 0 ? std::min(most, grown) : grown;
}

// No more than k times what a lane showed of late, in a warm one too: one that sent little for a month does not jump to its target.
void guard_against_surge(const LaneWithRules& of, Instant now) {
  const Rules& rules = *of.rules;
  Day& day = of.lane->today;
  if (rules.overall || rules.plan->surge <= 0 || !day.limit) return;
  const double k = std::max(rules.plan->surge, LaneCurve(of).step(of.lane->stage));
  const Recipients guard = std::max(rules.curve.cap(0), times(k, best_day(*of.lane, now)));
  day.surged = *day.limit > guard;
  day.limit = std::min(*day.limit, guard);
}

void note_plan(Lane& lane, const Rules& rules) {
  const bool planned = rules.plan != nullptr;
  lane.plan = planned ? rules.plan->name : "";
  lane.curve_mark = planned ? LaneCurve({&lane, &rules}).mark() : "";
  lane.observed = planned && !rules.plan->enforce;
}

// §10: the lane has a history that no plan made.
Changes adopt(const LaneWithRules& of, Instant now) {
  Lane& lane = *of.lane;
  const LaneCurve curve(of);
  stand_at(of, curve.highest_at_most(median_delivered(lane)));
  lane.phase = lane.stage == curve.last() ? Phase::warm : Phase::warming;
  lane.best.seed = curve.cap(lane.stage);
  lane.best.seeded = now;
  lane.undo = {};
  set_limit(of, now);
  return {{"set", fmt::format("the plan is enforced from now on: stage {}, cap {}", lane.stage, lane.stage_cap), {}, false}};
}

// §2: the highest stage that is no more than before; today's limit never rises.
Changes change_curve(const LaneWithRules& of, Instant now) {
  Lane& lane = *of.lane;
  const LaneCurve curve(of);
  const unsigned before = lane.stage;
  const Recipients old_cap = lane.stage_cap;
  const auto old_limit = lane.today.limit;
  stand_at(of, curve.highest_at_most(old_cap));
  if (lane.phase != Phase::cold) lane.phase = lane.stage == curve.last() ? Phase::warm : Phase::warming;
  lane.undo = {};  // stages of another curve mean something else
  set_limit(of, now);
  Day& day = lane.today;
  if (day.cap) day.cap = std::min(*day.cap, old_cap);
  if (old_limit) day.limit = std::min(*old_limit, day.limit.value_or(*old_limit));
  day.surged = day.cap && day.limit < day.cap;
  return {{"set", fmt::format("the curve was changed: stage {} → {}", before, lane.stage), {}, false}};
}

// A plan that is new to this lane, was changed, or is enforced from now on.
Changes follow_plan(const LaneWithRules& of, Instant now) {
  Lane& lane = *of.lane;
  const Rules& rules = *of.rules;
  const bool planned = rules.plan != nullptr, had_plan = !lane.curve_mark.empty();
  const bool adopts = planned && rules.plan->enforce && (lane.observed || !had_plan) && lane.phase != Phase::cold;
  const bool changed = planned && had_plan && lane.curve_mark != LaneCurve(of).mark();
  const bool limits_anew = planned != had_plan;
  note_plan(lane, rules);
  if (adopts) return adopt(of, now);
  if (changed) return change_curve(of, now);
  if (limits_anew) {
    stand_at(of, lane.stage);
    set_limit(of, now);
  }
  return {};
}

}  // namespace

bool clocks_disagree(const Instant& before, const Boot& boot_before, const Moment& moment) {
  if (before == Instant{} || moment.boot.id.empty() || boot_before.id != moment.boot.id) return false;
  const Duration wall = moment.now - before, boot = moment.boot.since - boot_before.since;
  return wall - boot > jump || boot - wall > jump;
}

Recipients best_day(const Lane& lane, Instant now) {
  Recipients best = now - lane.best.seeded <= best_lasts ? lane.best.seed : 0;
  for (const auto& day : lane.history) {
    if (day.ends > lane.best.from && day.ends <= now && now - day.ends <= best_lasts) best = std::max(best, day.delivered);
  }
  return best;
}

void set_limit(const LaneWithRules& of, Instant now) {
  Lane& lane = *of.lane;
  Day& day = lane.today;
  const Rules& rules = *of.rules;
  day.stage = lane.stage;
  day.cap.reset();
  day.limit.reset();
  day.surged = false;
  day.growth = growth_of(of).value_or(0);
  lane.stage_cap = rules.plan == nullptr ? 0 : LaneCurve(of).cap(lane.stage);
  if (rules.plan == nullptr) return;
  if (lane.phase != Phase::warm) day.cap = lane.stage_cap;
  day.limit = lane.phase == Phase::warm ? warm_limit(of, now) : day.cap;
  guard_against_surge(of, now);
}

Changes advance_to(const LaneWithRules& of, const Moment& moment) {
  Lane& lane = *of.lane;
  if (moment.now < lane.looked_at) turn_back(lane, moment.now);
  lane.looked_at = moment.now;
  Changes changes;
  if (lane.today.date.empty()) {
    note_plan(lane, *of.rules);
    open_day(of, moment.now, of.rules->day.first_end(moment.now));
    note_opening(lane, moment, false);
    return changes;
  }
  changes = go_to_day(of, moment);
  if (lane.operator_hold.until && moment.now >= *lane.operator_hold.until) lane.operator_hold = {};
  if (!follows(lane, *of.rules)) append(changes, follow_plan(of, moment.now));
  return changes;
}

}  // namespace warmup
