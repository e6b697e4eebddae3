#include "warmup/advance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace warmup {

namespace {

using namespace std::chrono_literals;
constexpr Duration jump = 1h, best_lasts = 24h * 30;
constexpr Duration day_at_least = 20h;
constexpr std::size_t days_kept = 35;
constexpr std::size_t median_days = 7;
constexpr double braked_share = 0.25;
constexpr Duration long_cool = 1h;

struct Ender {  // one day that ended, and what it means
  const Follows& of;
  Lane& lane = *of.lane;
  const Rules& rules = *of.rules;
  const PlanOptions& plan = *rules.plan;
  Day& day = lane.today;

  void remember(std::string change) const {
    lane.undo = {std::move(change), lane.phase, lane.stage, lane.brake.state, lane.brake.until, lane.brake.cooling};
  }
  Changes say(std::string change, std::string reason, bool alert = false) const {
    lane.reason = change == "advanced" || change == "warmed" ? "" : reason;
    if (alert) lane.acknowledged = false;
    return {{std::move(change), std::move(reason), lane.evidence, alert}};
  }

  void go_back(unsigned stages) const {
    lane.stage -= std::min(lane.stage, stages);
    if (lane.phase == Phase::warm && stages > 0) lane.phase = Phase::warming;
  }

  std::optional<Changes> step_back() const {
    std::optional<std::string> why =
        day.blocked ? std::optional<std::string>("blocked for its reputation") : reason_to_step_back(day.health, plan);
    if (!why || rules.overall || !plan.enforce) return std::nullopt;
    remember("stepped_back");
    go_back(plan.step_back);
    return say("stepped_back", fmt::format("{}: back to stage {}", *why, lane.stage), true);
  }

  std::optional<Changes> hold() const {
    if (rules.overall) return std::nullopt;
    auto why = reason_to_hold(day.health, plan);
    const auto length = static_cast<double>((day.ends - day.started).count());
    if (!why && static_cast<double>(day.braked.count()) > braked_share * length) {
      why = fmt::format("{:.0f}% of the day cooling or paused", 100 * static_cast<double>(day.braked.count()) / length);
    }
    if (!why && day.longest_cool >= long_cool) why = "cooled for an hour or longer";
    if (!why) return std::nullopt;
    lane.held = true;
    return say("held", fmt::format("{}: stage {} again", *why, lane.stage));
  }

  std::optional<Changes> idle() const {
    if (day.delivered > 0) {
      lane.last_delivered = day.ends;
      lane.idle_lost = 0;
      return std::nullopt;
    }
    if (lane.phase == Phase::cold && lane.stage == 0) return Changes{};
    if (lane.last_delivered == Instant{}) lane.last_delivered = day.started;
    const Duration idle_for = day.ends - lane.last_delivered;
    if (idle_for >= plan.cold_after) {
      if (lane.phase == Phase::cold && lane.stage == 0) return Changes{};
      remember("decayed");
      lane.stage = 0;
      lane.phase = Phase::cold;
      return say("decayed",
                 fmt::format("nothing delivered for {} days: cold", std::chrono::floor<std::chrono::days>(idle_for).count()));
    }
    if (idle_for < plan.idle_grace) return std::nullopt;
    const auto lost = static_cast<unsigned>((idle_for - plan.idle_grace) / plan.idle_step);
    if (lost <= lane.idle_lost) return Changes{};
    remember("decayed");
    go_back(lost - lane.idle_lost);
    lane.idle_lost = lost;
    return say("decayed", fmt::format("nothing delivered for {} days: back to stage {}",
                                      std::chrono::floor<std::chrono::days>(idle_for).count(), lane.stage));
  }

  Changes advance() const {
    if (lane.stage >= rules.curve.last()) return {};
    const Recipients cap = rules.curve.cap(lane.stage);
    const Recipients counted = plan.enforce ? day.delivered : std::min(day.delivered, cap);
    const auto wanted = static_cast<Recipients>(std::ceil(plan.use * static_cast<double>(cap) - 1e-9));
    const bool used =
        plan.advance == Advance::calendar ? counted >= 1 : counted >= std::max<Recipients>(1, wanted) && !day.surged;
    if (!used) return {};
    ++lane.stage;
    if (lane.stage < rules.curve.last())
      return say("advanced", fmt::format("stage {}, cap {}", lane.stage, rules.curve.cap(lane.stage)));
    lane.phase = Phase::warm;
    return say("warmed", fmt::format("stage {}, the last: from now on only the surge guard limits it", lane.stage));
  }

  Changes end() const {
    day.judged = true;
    lane.held = false;
    if (lane.brake.state != Brake::none) day.braked += std::max(Duration(0), day.ends - std::max(lane.brake.since, day.started));
    if (rules.plan == nullptr) return {};
    if (day.delivered > 0) lane.last_delivered = day.ends, lane.idle_lost = 0;
    if (lane.pin.state != Pin::none) return {};
    if (auto changes = step_back()) return *changes;
    if (auto changes = hold()) return *changes;
    if (auto changes = idle()) return *changes;
    return advance();
  }
};

void keep_in_history(Lane& lane) {
  if (lane.today.date.empty()) return;
  const auto place = std::lower_bound(lane.history.begin(), lane.history.end(), lane.today.date,
                                      [](const Day& day, const std::string& date) { return day.date < date; });
  lane.history.insert(place, std::move(lane.today));
  if (lane.history.size() > days_kept) lane.history.erase(lane.history.begin());
}

void open_day(const Follows& of, Instant started, Instant ends, const Moment& moment) {
  Lane& lane = *of.lane;
  keep_in_history(lane);
  lane.today = Day{};
  lane.today.date = of.rules->day.date(ends);
  lane.today.started = started;
  lane.today.ends = ends;
  lane.opened_at = moment.now;
  lane.opened_boot = moment.boot;
  const auto used =
      std::find_if(lane.history.begin(), lane.history.end(), [&](const Day& day) { return day.date == lane.today.date; });
  if (used != lane.history.end()) {  // the clock was elsewhere meanwhile: that day goes on
    lane.today = std::move(*used);
    lane.history.erase(used);
    return;
  }
  set_limit(of, started);
}

// §3: within one boot, hours must really have passed since the last day was opened; a clock set forward opens none.
bool may_open(const Lane& lane, const Moment& moment) {
  if (lane.opened_boot.id != moment.boot.id) return true;
  const Duration length = lane.today.ends - lane.today.started;
  return moment.boot.since - lane.opened_boot.since >= std::min<Duration>(day_at_least, length - 1h);
}

// Days since the day that ended: one by one, as days with nothing sent; with clocks that disagree only the one that is now.
Changes next_days(const Follows& of, const Moment& moment, bool skip) {
  Lane& lane = *of.lane;
  Changes changes;
  while (moment.now >= lane.today.ends && may_open(lane, moment)) {
    if (!lane.today.judged) {
      auto ended = Ender{of}.end();
      changes.insert(changes.end(), std::make_move_iterator(ended.begin()), std::make_move_iterator(ended.end()));
    }
    Instant started = lane.today.ends, ends = of.rules->day.next_boundary(started);
    if (skip && ends <= moment.now) {
      ends = of.rules->day.next_boundary(moment.now);
      started = std::max(started, ends - 24h);
    }
    const bool last = ends > moment.now;
    open_day(of, started, ends, moment);
    if (!last) lane.opened_boot.id.clear();  // a day that was slept through
  }
  return changes;
}

// A clock set back: the day that it shows was used before.
void back_to_used_day(const Follows& of, const Moment& moment) {
  Lane& lane = *of.lane;
  const auto covers = [&](const Day& day) { return day.started <= moment.now && moment.now < day.ends; };
  const auto used = std::find_if(lane.history.begin(), lane.history.end(), covers);
  if (used == lane.history.end()) return;  // before all that is known: today goes on
  Day day = std::move(*used);
  lane.history.erase(used);
  keep_in_history(lane);
  lane.today = std::move(day);
}

Recipients median_delivered(const Lane& lane) {
  std::vector<Recipients> days;
  for (auto day = lane.history.rbegin(); day != lane.history.rend() && days.size() < median_days; ++day) {
    if (day->delivered > 0) days.push_back(day->delivered);
  }
  if (days.empty()) return 0;
  std::sort(days.begin(), days.end());
  return days[days.size() / 2];
}

// A plan that is new to this lane, was changed, or is enforced from now on.
Changes follow_plan(const Follows& of, Instant now) {
  Lane& lane = *of.lane;
  const Rules& rules = *of.rules;
  const std::string plan = rules.plan == nullptr ? "" : rules.plan->name;
  const std::string mark = rules.plan == nullptr ? "" : rules.curve.mark();
  const bool observed = rules.plan != nullptr && !rules.plan->enforce;
  const bool adopts =
      rules.plan != nullptr && !observed && (lane.observed || lane.curve_mark.empty()) && lane.phase != Phase::cold;
  const bool changed = !lane.curve_mark.empty() && !mark.empty() && lane.curve_mark != mark;
  if (!adopts && !changed) {
    const bool first = lane.curve_mark != mark;
    lane.plan = plan, lane.curve_mark = mark, lane.observed = observed;
    if (first && mark.empty()) set_limit(of, now);
    return {};
  }
  const auto old_limit = lane.today.limit;
  const Recipients old_cap = adopts ? median_delivered(lane) : lane.today.cap.value_or(lane.today.limit.value_or(0));
  const unsigned before = lane.stage;
  lane.stage = rules.curve.highest_at_most(old_cap);
  lane.phase = lane.stage == rules.curve.last() && adopts                     ? Phase::warm
               : lane.phase == Phase::warm && lane.stage < rules.curve.last() ? Phase::warming
                                                                              : lane.phase;
  if (adopts) lane.best_seed = rules.curve.cap(lane.stage), lane.best_seeded = now;
  lane.plan = plan, lane.curve_mark = mark, lane.observed = observed;
  set_limit(of, now);
  if (!adopts && old_limit) lane.today.limit = std::min(*old_limit, lane.today.limit.value_or(*old_limit));  // never rises today
  if (!adopts && old_limit && lane.today.cap) lane.today.cap = std::min(*lane.today.cap, *old_limit);
  return {{"set",
           fmt::format("{}: stage {} → {}", adopts ? "the plan is enforced from now on" : "the curve was changed", before,
                       lane.stage),
           {},
           false}};
}

}  // namespace

bool clocks_disagree(const Instant& before, const Boot& boot_before, const Moment& moment) {
  if (before == Instant{} || boot_before.id != moment.boot.id) return false;
  const Duration wall = moment.now - before, boot = moment.boot.since - boot_before.since;
  return wall - boot > jump || boot - wall > jump;
}

Recipients best_day(const Lane& lane, Instant now) {
  Recipients best = now - lane.best_seeded <= best_lasts ? lane.best_seed : 0;
  for (const auto& day : lane.history) {
    if (day.ends <= now && now - day.ends <= best_lasts) best = std::max(best, day.delivered);
  }
  return best;
}

void set_limit(const Follows& of, Instant now) {
  const Lane& before = *of.lane;
  Day& day = of.lane->today;
  const Rules& rules = *of.rules;
  day.stage = before.stage;
  day.cap.reset();
  day.limit.reset();
  day.surged = false;
  if (rules.plan == nullptr) return;
  if (before.phase != Phase::warm) day.limit = day.cap = rules.curve.cap(before.stage);
  if (rules.overall || rules.plan->surge <= 0) return;
  const double k = std::max(rules.plan->surge, rules.curve.step(before.stage));
  const auto grown = static_cast<Recipients>(std::floor(k * static_cast<double>(best_day(before, now)) + 1e-9));
  const Recipients guard = std::max(rules.curve.cap(0), grown);
  if (day.limit && *day.limit <= guard) return;
  day.surged = day.limit.has_value();
  day.limit = guard;
}

Changes roll(const Follows& of, const Moment& moment) {
  Lane& lane = *of.lane;
  const bool skip = clocks_disagree(lane.looked_at, lane.looked_boot, moment);
  lane.looked_at = moment.now;
  lane.looked_boot = moment.boot;
  Changes changes;
  if (lane.pin.until && moment.now >= *lane.pin.until) lane.pin = {};
  if (lane.today.date.empty()) {
    lane.plan = of.rules->plan == nullptr ? "" : of.rules->plan->name;
    lane.curve_mark = of.rules->plan == nullptr ? "" : of.rules->curve.mark();
    lane.observed = of.rules->plan != nullptr && !of.rules->plan->enforce;
    open_day(of, moment.now, of.rules->day.first_end(moment.now), moment);
    return changes;
  }
  if (moment.now < lane.today.started) back_to_used_day(of, moment);
  if (moment.now >= lane.today.ends) changes = next_days(of, moment, skip);
  const bool other_plan = of.rules->plan == nullptr
                              ? !lane.curve_mark.empty()
                              : lane.curve_mark != of.rules->curve.mark() || lane.plan != of.rules->plan->name ||
                                    lane.observed != !of.rules->plan->enforce;
  if (!other_plan) return changes;
  auto followed = follow_plan(of, moment.now);
  changes.insert(changes.end(), std::make_move_iterator(followed.begin()), std::make_move_iterator(followed.end()));
  return changes;
}

}  // namespace warmup
