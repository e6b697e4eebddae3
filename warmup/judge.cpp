#include "warmup/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "warmup/brake.h"
#include "warmup/lane_curve.h"

namespace warmup {

namespace {

using namespace std::chrono_literals;
constexpr double braked_share = 0.25, full_share = 0.9;
constexpr Duration long_cool = 1h;

std::int64_t whole_days(Duration span) { return std::chrono::floor<std::chrono::days>(span).count(); }

class DayJudge {
 public:
  DayJudge(const LaneWithRules& of, const PlanOptions& plan)
      : of_(of), lane_(*of.lane), rules_(*of.rules), plan_(plan), day_(of.lane->today) {}

  Changes verdict() {
    if (day_.delivered > 0) {
      lane_.last_delivered = day_.ends;
      lane_.idle = {};
    }
    if (day_.delivered == 0) lane_.idle.lasted += day_.ends - day_.started;
    if (pinned()) return {};
    for (const auto step : {&DayJudge::step_back, &DayJudge::hold, &DayJudge::decay}) {
      if (auto changes = (this->*step)()) return *changes;
    }
    return advance();
  }

 private:
  bool pinned() const {
    return lane_.operator_hold.state != OperatorHold::none &&
           (!lane_.operator_hold.until || *lane_.operator_hold.until > day_.ends);
  }

  Changes say(std::string change, std::string reason, bool alert = false) {
    lane_.standing = change == "advanced" || change == "warmed" ? "" : reason;
    if (lane_.brake.state == Brake::none) lane_.reason = lane_.standing;
    if (alert) lane_.acknowledged = false;
    const bool has_evidence = change == "stepped_back" || change == "held";
    return {{std::move(change), std::move(reason), has_evidence ? lane_.evidence : std::vector<Evidence>{}, alert}};
  }

  void take_evidence(const Finding& why) {
    if (auto said = samples_of(day_, why.what); !said.empty()) lane_.evidence = std::move(said);
  }

  void go_back(unsigned stages) {
    descend(lane_, stages);
    if (lane_.phase == Phase::warm && stages > 0) lane_.phase = Phase::warming;
  }

  std::optional<Changes> step_back() {
    if (rules_.overall) return std::nullopt;
    auto why = reason_to_step_back(day_.health, plan_);
    if (day_.blocked) why = Finding{FailureKind::none, "blocked for its reputation"};
    if (!why) return std::nullopt;
    if (plan_.step_back == 0) return stay(*why);
    remember(lane_, "stepped_back");
    take_evidence(*why);
    go_back(plan_.step_back);
    lane_.best.seed = LaneCurve(of_).cap(lane_.stage);
    lane_.best.seeded = lane_.best.from = day_.ends;
    if (rules_.learns()) lane_.growth.now = after_step_back(plan_);
    return say("stepped_back", fmt::format("{}: back to stage {}{}", why->text, lane_.stage, growth_text()), true);
  }

  std::optional<Changes> hold() {
    if (rules_.overall) return std::nullopt;
    auto why = reason_to_hold(day_.health, plan_);
    const auto length = static_cast<double>((day_.ends - day_.started).count());
    const double braked = static_cast<double>(day_.braked.count()) / length;
    if (!why && braked > braked_share)
      why = Finding{FailureKind::none, fmt::format("{:.0f}% of the day cooling or paused", 100 * braked)};
    if (!why && day_.longest_cool >= long_cool) why = Finding{FailureKind::none, "cooled for an hour or longer"};
    return why ? std::optional(stay(*why)) : std::nullopt;
  }

  Changes stay(const Finding& why) {
    remember(lane_, "held");
    take_evidence(why);
    lane_.stage_kept = true;
    if (const auto now = growth_of(of_)) lane_.growth.now = after_hold(*now, plan_);
    return say("held", fmt::format("{}: stage {} again{}", why.text, lane_.stage, growth_text()));
  }

  // §7: an idle day earns nothing; many cost stages, and in the end all.
  std::optional<Changes> decay() {
    if (day_.delivered > 0) return std::nullopt;
    if (lane_.phase == Phase::cold && lane_.stage == 0) return Changes{};
    const Duration idle = lane_.idle.lasted;
    if (idle >= plan_.cold_after) {
      remember(lane_, "decayed");
      descend(lane_, lane_.stage);
      lane_.growth = {};
      lane_.phase = Phase::cold;
      return say("decayed", fmt::format("nothing delivered for {} days: cold", whole_days(idle)));
    }
    if (idle < plan_.idle_grace) return Changes{};
    const auto lost = static_cast<unsigned>((idle - plan_.idle_grace) / plan_.idle_step);
    if (lost <= lane_.idle.stages_lost || (lane_.stage == 0 && lane_.phase != Phase::warm)) return Changes{};
    remember(lane_, "decayed");
    go_back(lost - lane_.idle.stages_lost);
    lane_.idle.stages_lost = lost;
    return say("decayed", fmt::format("nothing delivered for {} days: back to stage {}", whole_days(idle), lane_.stage));
  }

  bool earned() const {
    const Recipients cap = LaneCurve(of_).cap(lane_.stage);
    const Recipients counted = plan_.enforce ? day_.delivered : std::min(day_.delivered, cap);
    if (plan_.advance == Advance::calendar) return counted >= 1;
    const auto wanted = static_cast<Recipients>(std::ceil(plan_.use * static_cast<double>(cap) - 1e-9));
    return counted >= std::max<Recipients>(1, wanted);
  }

  std::string what_limits_warm() const {
    const Recipients most = rules_.curve.most();
    const auto never = most > 0 ? fmt::format("at most {} a day", most) : std::string();
    if (rules_.overall) return most > 0 ? never : "nothing limits it";
    return fmt::format("it may grow by {:.0f}% of its best day{}", 100 * (plan_.growth - 1), most > 0 ? ", " + never : "");
  }

  // §2: a day that was used to the full, with nothing near a hold.
  bool full_and_clean() const {
    const bool full = day_.limit && static_cast<double>(day_.delivered) >= full_share * static_cast<double>(*day_.limit) - 1e-9;
    const bool braked = day_.braked > Duration(0) || day_.longest_cool > Duration(0) || day_.blocked;
    return full && !braked && far_from_hold(day_.health, plan_);
  }

  std::string growth_text() const {
    const auto now = growth_of(of_);
    return now ? fmt::format(", growth ×{:.2f}", factor_of(*now)) : "";
  }

  // The stage that was won is reached by the growth of the day before; what the day taught is for the next.
  Changes advance() {
    const auto growth = growth_of(of_);
    const auto learned = growth && full_and_clean() ? std::optional(after_full_day(*growth, plan_)) : std::nullopt;
    if (lane_.phase == Phase::warm || !earned()) {
      if (learned) lane_.growth.now = *learned;
      return {};
    }
    const unsigned last = LaneCurve(of_).last();
    const bool at_the_end = lane_.stage >= last;  // a curve of one stage, or one that was cut short
    remember(lane_, at_the_end || lane_.stage + 1 == last ? "warmed" : "advanced");
    if (!at_the_end) climb(of_);
    if (learned) lane_.growth.now = *learned;
    if (lane_.stage < last)
      return say("advanced", fmt::format("stage {}, cap {}{}", lane_.stage, LaneCurve(of_).cap(lane_.stage), growth_text()));
    lane_.phase = Phase::warm;
    return say("warmed", fmt::format("stage {}, the last: from now on {}", lane_.stage, what_limits_warm()));
  }

  const LaneWithRules& of_;
  Lane& lane_;
  const Rules& rules_;
  const PlanOptions& plan_;
  Day& day_;
};

}  // namespace

Changes judge(const LaneWithRules& of) {
  Lane& lane = *of.lane;
  Day& day = lane.today;
  count_braked(lane, day.ends);
  day.judged = true;
  if (lane.stage_kept || day.bulk_stopped) {
    lane.standing.clear();
    if (lane.brake.state == Brake::none) lane.reason.clear();
  }
  lane.stage_kept = false;
  return of.rules->plan == nullptr ? Changes{} : DayJudge(of, *of.rules->plan).verdict();
}

}  // namespace warmup
