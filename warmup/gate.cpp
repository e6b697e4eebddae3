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
constexpr auto a_moment = 1min;     // a conversation ends
constexpr auto look_again = 10min;  // a day that should have ended and may not yet (a clock set forward)
constexpr Recipients unlimited = std::numeric_limits<Recipients>::max();

Instant end_of(const Day& day, Instant now) { return day.ends > now ? day.ends : now + look_again; }

Signed signed_of(Recipients n) { return static_cast<Signed>(n); }
Recipients counted(Signed n) { return static_cast<Recipients>(std::max<Signed>(0, n)); }
Signed ceiling(double value) { return static_cast<Signed>(std::ceil(value - 1e-9)); }

Signed sent_of(const Lane& lane, std::string_view mail_class) {
  const auto found = lane.today.sent_by_class.find(mail_class);
  return found == lane.today.sent_by_class.end() ? 0 : signed_of(found->second);
}

Signed open_of(const Lane& lane, std::string_view mail_class) {
  const auto found = lane.open.find(mail_class);
  return found == lane.open.end() ? 0 : signed_of(found->second.reserved + found->second.pending);
}

// §5: what classes keep for themselves: their share of the limit less what they had, released as the day goes on.
class Reserves {
 public:
  Reserves(const LaneView& of, std::string_view but_class) {
    if (of.rules->classes == nullptr) return;
    const auto limit = static_cast<double>(*of.lane->today.limit);
    for (const auto& other : *of.rules->classes) {
      if (other.name == but_class || other.reserve <= 0) continue;
      const auto share = static_cast<Signed>(std::floor(other.reserve * limit + 1e-9));
      const Signed rest = share - sent_of(*of.lane, other.name) - open_of(*of.lane, other.name);
      if (rest > 0) keep(rest);
    }
  }

  Signed kept(double f) const {
    const double remaining = std::max(0.0, 1 - f - head_start);
    Signed sum = 0;
    for (std::size_t i = 0; i < count_; ++i) sum += ceiling(static_cast<double>(rest_[i]) * remaining);
    return sum;
  }

  // The first share of the day, after `f`, at which no more than `most` is kept. REQUIRES: most ≥ 0 and kept(f) > most.
  double when_at_most(Signed most, double f) const {
    if (count_ == 1) return 1 - head_start - static_cast<double>(most) / static_cast<double>(rest_[0]);
    double above = f, below = 1;
    for (int halving = 0; halving < 30; ++halving) {
      const double middle = (above + below) / 2;
      (kept(middle) > most ? above : below) = middle;
    }
    return below;
  }

 private:
  void keep(Signed rest) {
    if (count_ < rest_.size()) ++count_;
    rest_[count_ - 1] += rest;  // beyond sixteen classes with a reserve the last ones are taken together
  }
  std::array<Signed, 16> rest_{};
  std::size_t count_ = 0;
};

// What classes without a pace had: neither of what paced ones had nor of what is left to them.
Signed unpaced(const LaneView& of) {
  Signed sum = 0;
  if (of.rules->classes == nullptr) return sum;
  for (const auto& each : *of.rules->classes)
    if (!each.pace) sum += sent_of(*of.lane, each.name) + open_of(*of.lane, each.name);
  return sum;
}

Signed released(Signed budget, double f) {
  return ceiling(static_cast<double>(budget) * std::min(1.0, f / spread_over + head_start));
}

Instant at_share(const Day& day, double f) {
  const auto length = static_cast<double>((day.ends - day.started).count());
  return day.started + Duration(static_cast<Duration::rep>(std::ceil(f * length)));
}

Recipients hourly_limit(const LaneView& of, double share) {
  const auto& plan = *of.rules->plan;
  const auto limit = static_cast<double>(*of.lane->today.limit);
  if (plan.preset == "sendgrid") return std::max<Recipients>(1, counted(ceiling(limit / 24)));  // published as hourly limits
  return std::max(least_hourly, counted(ceiling(share * limit)));
}

// The gates of one ledger. A place that was kept is counted already: only the limit itself and the hour may stop it.
class Gates {
 public:
  Gates(const LaneView& of, const Ask& request, Instant now)
      : of_(of),
        lane_(*of.lane),
        day_(of.lane->today),
        request_(request),
        class_(of.rules->mail_class(request.mail_class)),
        now_(now) {
    const Recipients flying = lane_.reserved();
    own_ = std::min(signed_of(request.reserved), signed_of(lane_.reserved_of(request.mail_class)));
    flying_ = signed_of(flying) - own_;
    used_ = signed_of(day_.sent) + flying_;
    if (day_.bulk_stopped && class_.reserve <= 0) bounces();
    if (of.rules->plan == nullptr || !day_.limit) return;
    limit_ = signed_of(*day_.limit);
    const Signed places = request.has_place ? signed_of(lane_.pending_of(request.mail_class)) : 0;
    if (places > 0) {
      cap(used_, std::min(limit_ - used_, places));
    } else {
      used_ += signed_of(lane_.pending());
      cap(used_, limit_ - used_);
      reserve();
      if (of.rules->plan->pace == Pace::even && class_.pace) pace();
      attempts();
    }
    hourly();
  }

  const GateView* begin() const { return views_.data(); }
  const GateView* end() const { return views_.data() + count_; }
  Recipients room() const { return room_; }
  bool lasts() const { return lasts_; }  // a gate stays shut though all that is in conversation came back

 private:
  // `room`: how many may pass; negative counts as none.
  void add(GateView view, Signed room) {
    view.open = room > 0;
    lasts_ = lasts_ || room + flying_ <= 0;
    if (view.open) view.next = now_;
    views_[count_++] = view;
    room_ = std::min(room_, counted(room));
  }

  void cap(Signed used, Signed room) {
    add({day_.surged ? Why::surge : Why::cap, true, counted(used), counted(limit_), end_of(day_, now_)}, room);
  }

  void bounces() {
    const auto most =
        of_.rules->plan == nullptr ? 0.0 : of_.rules->plan->health.hold_bounces * static_cast<double>(day_.health.answered);
    add({Why::bounces, false, day_.health.bounced, static_cast<Recipients>(most), end_of(day_, now_)}, 0);
    lasts_ = true;
  }

  void reserve() {
    const Reserves others(of_, request_.mail_class);
    const double f = elapsed(day_, now_);
    const Signed kept = others.kept(f), room = limit_ - kept - used_;
    if (kept == 0) return;
    GateView view{Why::reserve, true, counted(used_), counted(limit_ - kept), end_of(day_, now_)};
    const Signed may_be_kept = limit_ - used_ - 1;  // for one more to fit
    if (room <= 0 && may_be_kept >= 0) view.next = std::max(now_ + 1ms, at_share(day_, others.when_at_most(may_be_kept, f)));
    add(view, room);
  }

  void pace() {
    const Signed others = unpaced(of_), used = used_ - others, budget = std::max<Signed>(0, limit_ - others);
    const Signed allowed = released(budget, elapsed(day_, now_));
    GateView view{Why::pace, true, counted(used), counted(allowed), end_of(day_, now_)};
    if (allowed <= used && budget > used) {
      const double share = static_cast<double>(used) / static_cast<double>(budget) + 1e-9;
      view.next = std::max(now_ + 1ms, at_share(day_, (share - head_start) * spread_over + 1e-9));
    }
    add(view, allowed - used);
  }

  void hourly() {
    Signed limit = signed_of(hourly_limit(of_, of_.rules->plan->hourly));
    const Signed used = signed_of(lane_.hour.in_last_hour(now_)) + flying_;
    const bool scarce = class_.reserve > 0 && counted(limit - used) < request_.wanted;
    if (const Signed rest = scarce ? rest_of_reserve() : 0;
        rest > 0) {  // of its reserve a class may have more of the hour, beyond it what all may
      const Signed reserved = signed_of(hourly_limit(of_, std::max(of_.rules->plan->hourly, of_.rules->plan->hourly_reserved)));
      limit = std::max(limit, std::min(reserved, used + rest));
    }
    GateView view{Why::hourly, true, counted(used), counted(limit), now_ + a_moment};
    if (used >= limit && flying_ < limit) view.next = lane_.hour.room_for(now_, counted(1 + flying_), counted(limit));
    add(view, limit - used);
  }

  // What the class may still get within its reserve.
  Signed rest_of_reserve() const {
    const auto share = static_cast<Signed>(std::floor(class_.reserve * static_cast<double>(limit_) + 1e-9));
    const Signed places = request_.has_place ? signed_of(lane_.pending_of(request_.mail_class)) : 0;
    return share - sent_of(lane_, request_.mail_class) - open_of(lane_, request_.mail_class) + own_ + places;
  }

  void attempts() {
    const Signed limit = signed_of(attempts_per_cap) * limit_, used = signed_of(day_.attempts) + flying_;
    add({Why::attempts, true, counted(used), counted(limit), end_of(day_, now_)}, limit - used);
  }

  const LaneView& of_;
  const Lane& lane_;
  const Day& day_;
  const Ask& request_;
  const ClassOptions& class_;
  Instant now_;
  Signed limit_ = 0, used_ = 0;      // used: charged, in conversation, and by fresh mail the places that are kept
  Signed flying_ = 0, own_ = 0;      // in conversation: others, the one that asks
  std::array<GateView, 6> views_{};  // one a reason but those of brakes
  std::size_t count_ = 0;
  Recipients room_ = unlimited;
  bool lasts_ = false;
};

// Brakes and operator holds, whatever the plan says. A permit for one: a probe.
std::optional<Answer> brakes(const LaneView& of, Instant now) {
  const Lane& lane = *of.lane;
  if (lane.operator_hold.state == OperatorHold::paused)
    return Hold{lane.operator_hold.until.value_or(now + 24h), Why::pinned, of.rules->overall, false, !lane.operator_hold.until};
  if (lane.brake.state == Brake::none) return std::nullopt;
  const Why why = lane.brake.state == Brake::paused ? Why::paused : Why::cooling;
  if (now < lane.brake.until) return Hold{lane.brake.until, why, of.rules->overall, false};
  if (lane.brake.probing || lane.reserved() > 0) return Hold{now + a_moment, why, of.rules->overall, true};
  return Permit{1, true};
}

}  // namespace

std::string_view name(Why why) {
  constexpr std::array<std::string_view, 10> names{
      "cap",      "surge guard", "pace",    "hourly limit", "reserve of other classes",
      "attempts", "bounces",     "cooling", "paused",       "paused by an operator"};
  return names[static_cast<std::size_t>(why)];
}

std::string sentence(Why why, std::string_view lane) {
  const bool braked = why == Why::cooling || why == Why::paused || why == Why::pinned;
  const std::string what(name(why)), which(lane);
  return braked ? which + " is " + what : what + " of " + which;
}

std::string_view word(Why why) {
  constexpr std::array<std::string_view, 10> words{"cap",      "surge",   "pace",    "hourly", "reserve",
                                                   "attempts", "bounces", "cooling", "paused", "operator"};
  return words[static_cast<std::size_t>(why)];
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

std::optional<Recipients> left_today(const LaneView& of, std::string_view mail_class, Instant now) {
  if (!of.rules->enforced() || !of.lane->today.limit) return std::nullopt;
  const Signed kept = Reserves(of, mail_class).kept(elapsed(of.lane->today, now));
  return counted(signed_of(*of.lane->today.limit) - kept - signed_of(of.lane->committed()));
}

bool would_hold(const LaneView& of, const Ask& request, Instant now) {
  return of.rules->plan != nullptr && !of.rules->enforced() && Gates(of, request, now).room() == 0;
}

std::vector<GateView> gates(const LaneView& of, const Ask& request, Instant now) {
  Ask all = request;  // what the hour has for a class is looked at in full only where it is scarce: it is shown in full
  all.wanted = unlimited;
  const Gates found(of, all, now);
  return {found.begin(), found.end()};
}

bool ends_before(const Hold& a, const Hold& b) { return a.open_ended == b.open_ended ? a.until < b.until : b.open_ended; }

Answer ask(std::span<const LaneView> ledgers, const Ask& request, Instant now) {
  Permit permit{request.wanted, false};
  std::optional<Hold> hold;
  bool lasts = false;
  const auto later = [&](const Hold& other) {
    if (!hold || ends_before(*hold, other)) hold = other;
  };
  for (const auto& of : ledgers) {
    if (const auto braked = request.reserved > 0 ? std::nullopt : brakes(of, now)) {  // who is in conversation finishes it
      if (const auto* held = std::get_if<Hold>(&*braked)) {
        later(*held);
        lasts = lasts || !held->settles;
      } else {
        permit = {1, true};
      }
    }
    if (request.exempt || !of.rules->enforced()) continue;
    const Gates found(of, request, now);
    permit.recipients = std::min(permit.recipients, found.room());
    if (found.room() > 0) continue;
    lasts = lasts || found.lasts();
    const bool moving = !of.lane->open.empty();
    for (const auto& view : found) {
      if (!view.open) later({view.next, view.why, of.rules->overall, moving});
    }
  }
  if (!hold) return permit;
  hold->passes = !lasts;
  return *hold;
}

}  // namespace warmup
