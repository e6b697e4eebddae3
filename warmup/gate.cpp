#include "warmup/gate.h"

#include <algorithm>
#include <cmath>

namespace warmup {

namespace {

using namespace std::chrono_literals;
using Signed = std::int64_t;

constexpr double spread_over = 0.95;     // the cap is reachable at 95 % of the day
constexpr double head_start = 1.0 / 24;  // an hour's share may burst
constexpr Recipients least_hourly = 10;
constexpr Recipients attempts_per_cap = 3;
constexpr auto look_again = 10min;  // a day that should have ended and may not yet (a clock set forward)
constexpr Recipients unlimited = std::numeric_limits<Recipients>::max();

Instant end_of(const Day& day, Instant now) { return day.ends > now ? day.ends : now + look_again; }

Recipients sent_of(const Lane& lane, std::string_view mail_class) {
  const auto found = lane.today.sent_by_class.find(mail_class);
  return found == lane.today.sent_by_class.end() ? 0 : found->second;
}

Recipients committed_of(const Lane& lane, std::string_view mail_class) {
  const auto open = lane.open.find(mail_class);
  return sent_of(lane, mail_class) + (open == lane.open.end() ? 0 : open->second.reserved + open->second.pending);
}

Signed ceiling(double value) { return static_cast<Signed>(std::ceil(value - 1e-9)); }

// §5: what other classes keep for themselves at that share of the day.
Signed protected_from(const Follows& of, std::string_view mail_class, double f) {
  if (of.rules->classes == nullptr) return 0;
  const double remaining = std::max(0.0, 1 - f - head_start);
  const auto limit = static_cast<double>(*of.lane->today.limit);
  Signed sum = 0;
  for (const auto& other : *of.rules->classes) {
    if (other.name == mail_class || other.reserve <= 0) continue;
    const auto share = static_cast<Signed>(std::floor(other.reserve * limit + 1e-9));
    const auto open = share - static_cast<Signed>(committed_of(*of.lane, other.name));
    if (open > 0) sum += ceiling(static_cast<double>(open) * remaining);
  }
  return sum;
}

struct Paced {
  Signed used = 0, budget = 0;  // by paced classes; what unpaced ones leave them
};

Paced paced(const Follows& of) {
  const Lane& lane = *of.lane;
  Paced result{0, static_cast<Signed>(*lane.today.limit)};
  for (const auto& [name, sent] : lane.today.sent_by_class) {
    if (of.rules->mail_class(name).pace) result.used += static_cast<Signed>(sent);
    if (!of.rules->mail_class(name).pace) result.budget -= static_cast<Signed>(sent);
  }
  for (const auto& [name, open] : lane.open) {
    const auto held = static_cast<Signed>(open.reserved + open.pending);
    if (of.rules->mail_class(name).pace) result.used += held;
    if (!of.rules->mail_class(name).pace) result.budget -= held;
  }
  result.budget = std::max<Signed>(0, result.budget);
  return result;
}

Signed released(Signed budget, double f) {
  return ceiling(static_cast<double>(budget) * std::min(1.0, f / spread_over + head_start));
}

Instant at_share(const Day& day, double f) {
  const auto length = static_cast<double>((day.ends - day.started).count());
  return day.started + Duration(static_cast<Duration::rep>(std::ceil(f * length)));
}

Recipients hourly_limit(const Follows& of) {
  const auto& plan = *of.rules->plan;
  const auto limit = static_cast<double>(*of.lane->today.limit);
  if (plan.preset == "sendgrid")
    return static_cast<Recipients>(std::max<Signed>(1, ceiling(limit / 24)));  // published as hourly limits
  return std::max(least_hourly, static_cast<Recipients>(ceiling(plan.hourly * limit)));
}

class Gates {
 public:
  Gates(const Follows& of, const Ask& wish, Instant now) : of_(of), lane_(*of.lane), wish_(wish), now_(now) {
    views_.reserve(6);
    const bool limited = of.rules->plan != nullptr && lane_.today.limit.has_value();
    if (lane_.today.held && of.rules->mail_class(wish.mail_class).reserve <= 0)
      add({Why::bounces, false, 0, 0, end_of(lane_.today, now)}, 0);
    if (!limited) return;
    if (!wish.has_slot) {
      cap();
      reserve();
      if (of.rules->plan->pace == Pace::even && of.rules->mail_class(wish.mail_class).pace) pace();
      attempts();
    }
    hourly();
  }

  const std::vector<GateView>& views() const { return views_; }
  Recipients room() const { return room_; }

 private:
  // `room`: how many may pass; negative counts as none.
  void add(GateView view, Signed room) {
    view.open = room > 0;
    if (view.open) view.next = now_;
    views_.push_back(view);
    room_ = std::min(room_, static_cast<Recipients>(std::max<Signed>(0, room)));
  }

  void cap() {
    const auto limit = *lane_.today.limit, used = lane_.committed();
    add({lane_.today.surged ? Why::surge : Why::cap, true, used, limit, end_of(lane_.today, now_)},
        static_cast<Signed>(limit) - static_cast<Signed>(used));
  }

  void reserve() {
    const auto used = static_cast<Signed>(lane_.committed()), limit = static_cast<Signed>(*lane_.today.limit);
    const double f = elapsed(lane_.today, now_);
    const Signed kept = protected_from(of_, wish_.mail_class, f);
    if (kept == 0) return;
    GateView view{
        Why::reserve, true, static_cast<Recipients>(used), static_cast<Recipients>(std::max<Signed>(0, limit - kept)), {}};
    if (limit - kept - used <= 0) view.next = when_reserve_opens(used, limit, f);
    add(view, limit - kept - used);
  }

  // What is protected falls with the day: the first moment at which one more fits.
  Instant when_reserve_opens(Signed used, Signed limit, double f) const {
    double closed = f, open = 1;
    if (used + 1 > limit - protected_from(of_, wish_.mail_class, open)) return end_of(lane_.today, now_);
    for (int halving = 0; halving < 40; ++halving) {
      const double middle = (closed + open) / 2;
      (used + 1 > limit - protected_from(of_, wish_.mail_class, middle) ? closed : open) = middle;
    }
    return std::max(now_ + 1ms, at_share(lane_.today, open));
  }

  void pace() {
    const Paced counts = paced(of_);
    const Signed allowed = released(counts.budget, elapsed(lane_.today, now_));
    GateView view{Why::pace, true, static_cast<Recipients>(counts.used), static_cast<Recipients>(allowed), {}};
    if (allowed <= counts.used) {
      view.next = end_of(lane_.today, now_);
      if (counts.budget > counts.used) {
        const double share = static_cast<double>(counts.used) / static_cast<double>(counts.budget) + 1e-9;
        view.next = std::max(now_ + 1ms, at_share(lane_.today, (share - head_start) * spread_over + 1e-9));
      }
    }
    add(view, allowed - counts.used);
  }

  void hourly() {
    const Recipients limit = hourly_limit(of_), flying = lane_.reserved();
    const Recipients used = lane_.hour.in_last_hour(now_) + flying;
    GateView view{Why::hourly, true, used, limit, {}};
    if (used >= limit) view.next = lane_.hour.room_for(now_, 1 + std::min(flying, limit - 1), limit);
    add(view, static_cast<Signed>(limit) - static_cast<Signed>(used));
  }

  void attempts() {
    const Recipients limit = attempts_per_cap * *lane_.today.limit, used = lane_.today.attempts + lane_.reserved();
    add({Why::attempts, true, used, limit, end_of(lane_.today, now_)}, static_cast<Signed>(limit) - static_cast<Signed>(used));
  }

  const Follows& of_;
  const Lane& lane_;
  const Ask& wish_;
  Instant now_;
  std::vector<GateView> views_;
  Recipients room_ = unlimited;
};

// Brakes and pins, whatever the plan says. A permit for one: a probe.
std::optional<Answer> brakes(const Follows& of, Instant now) {
  const Lane& lane = *of.lane;
  if (lane.pin.state == Pin::paused) return Hold{lane.pin.until.value_or(now + 24h), Why::pinned, of.rules->overall, false};
  if (lane.brake.state == Brake::none) return std::nullopt;
  const Why why = lane.brake.state == Brake::paused ? Why::paused : Why::cooling;
  if (now < lane.brake.until) return Hold{lane.brake.until, why, of.rules->overall, false};
  if (lane.brake.probing || lane.reserved() > 0) return Hold{now + 1min, why, of.rules->overall, true};
  return Permit{1, true};
}

}  // namespace

std::string_view name(Why why) {
  constexpr std::array<std::string_view, 10> names{
      "cap",      "surge guard", "pace",    "hourly limit", "reserve of other classes",
      "attempts", "bounces",     "cooling", "paused",       "paused by an operator"};
  return names[static_cast<std::size_t>(why)];
}

double elapsed(const Day& day, Instant now) {
  const auto length = static_cast<double>((day.ends - day.started).count());
  if (length <= 0) return 1;
  return std::clamp(static_cast<double>((now - day.started).count()) / length, 0.0, 1.0);
}

std::optional<Recipients> left(const Lane& lane) {
  if (!lane.today.limit) return std::nullopt;
  return *lane.today.limit - std::min(*lane.today.limit, lane.committed());
}

std::optional<Recipients> left_today(const Follows& of, std::string_view mail_class, Instant now) {
  if (!of.rules->enforced() || !of.lane->today.limit) return std::nullopt;
  const auto limit = static_cast<Signed>(*of.lane->today.limit);
  const Signed kept = protected_from(of, mail_class, elapsed(of.lane->today, now));
  return static_cast<Recipients>(std::max<Signed>(0, limit - kept - static_cast<Signed>(of.lane->committed())));
}

bool would_hold(const Follows& of, const Ask& wish, Instant now) {
  return of.rules->plan != nullptr && !of.rules->enforced() && Gates(of, wish, now).room() == 0;
}

std::vector<GateView> gates(const Follows& of, const Ask& wish, Instant now) { return Gates(of, wish, now).views(); }

Answer ask(std::span<const Follows> ledgers, const Ask& wish, Instant now) {
  Permit permit{wish.wanted, false};
  std::optional<Hold> hold;
  const auto later = [&](const Hold& other) {
    if (!hold || other.until > hold->until) hold = other;
  };
  for (const auto& of : ledgers) {
    if (const auto braked = brakes(of, now)) {
      if (const auto* held = std::get_if<Hold>(&*braked)) {
        later(*held);
      } else {
        permit = {1, true};
      }
    }
    if (!of.rules->enforced()) continue;
    const Gates found(of, wish, now);
    permit.recipients = std::min(permit.recipients, found.room());
    if (found.room() > 0) continue;
    const bool moving = of.lane->reserved() > 0 || of.lane->pending() > 0;
    for (const auto& view : found.views()) {
      if (!view.open) later({view.next, view.why, of.rules->overall, moving});
    }
  }
  if (hold) return *hold;
  return permit;
}

}  // namespace warmup
