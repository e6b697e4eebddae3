// Promise 2: no enforced lane exceeds its cap in a day, by the day in which the dot is sent (checker.h).
#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/checker.h"
#include "warmup/total.h"

namespace mta::sim {

namespace {

using namespace std::chrono_literals;
using warmup::Recipients;

// A dot is counted when it arrives, and charged when its last octets set out: on a slow line some minutes earlier.
constexpr Duration on_its_way = 5min;
constexpr std::size_t days_kept = 35;
constexpr Recipients without_end = std::numeric_limits<Recipients>::max();

// What left by one lane, by what receivers got.
struct Traffic {
  std::vector<Instant> dots;        // one a recipient
  std::vector<Instant> unheard_of;  // refused at RCPT and known to be so: charged when settled
};

struct DayOfTraffic {
  Recipients sure = 0, early = 0;  // early: soon after the day began; its last octets may have set out the day before
};

class LaneChecker {
 public:
  LaneChecker(const Evidence& seen, const LaneSeen& lane)
      : seen_(seen), lane_(lane), days_(lane.record.history.begin(), lane.record.history.end()) {
    days_.push_back(lane.record.today);
  }

  std::vector<std::string> check() {
    check_open();
    if (!lane_.rules->enforced() || lane_.record.today.date.empty()) return std::move(broken_);
    const Traffic traffic = traffic_of_lane();
    check_every_dot_is_charged(traffic);
    if (told_by_operator()) return std::move(broken_);
    check_stages();
    for (const auto& day : days_)
      if (day.limit && day.sent > *day.limit) say("on {} {} were charged, its limit is {}", day.date, day.sent, *day.limit);
    if (!seen_.clock_jumped) check_days(traffic);
    return std::move(broken_);
  }

 private:
  template <class... Arguments>
  void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    broken_.push_back(fmt::format("lane {} {}: {}", lane_.address,
                                  is_total() ? warmup::total_name(lane_.provider) : lane_.provider,
                                  fmt::format(format, std::forward<Arguments>(arguments)...)));
  }

  // Places that are kept are those of recipients that wait; what is reserved is in conversation.
  void check_open() {
    Recipients slots = 0, attempts = 0;
    for (const RowSeen& row : seen_.rows) {
      attempts += row.attempts;
      if (row.recipient.place.empty()) continue;
      const bool here =
          is_total() ? row.recipient.place.starts_with(lane_.address + '\0' + lane_.provider) : row.recipient.place == lane_.row;
      slots += here ? 1U : 0U;
    }
    const bool has_rules = !is_total() || lane_.rules->overall;
    if (has_rules && attempts == 0 && lane_.record.pending() != slots)
      say("{} places are kept for {} recipients", lane_.record.pending(), slots);
    if (attempts == 0 && lane_.record.reserved() != 0)
      say("{} are reserved and nobody is in conversation", lane_.record.reserved());
  }

  bool forgot_days() const { return days_.size() >= days_kept; }

  bool told_by_operator() const {
    return std::any_of(seen_.events.begin(), seen_.events.end(), [&](const EventSeen& event) {
      const auto address = seen_.addresses.find(event.source);
      return event.change == "set" && address != seen_.addresses.end() && address->second == lane_.address;
    });
  }

  bool is_total() const { return warmup::is_total_key(lane_.provider); }
  bool mine(const std::string& provider) const {
    return is_total() ? provider.starts_with(lane_.provider)
                      : provider == lane_.provider;  // "" of all, "other:" of unlisted sites
  }

  Traffic traffic_of_lane() const {
    Traffic traffic;
    for (const Dot& dot : seen_.dots) {
      if (dot.client.to_string() != lane_.address) continue;
      for (const std::string& recipient : dot.recipients) {
        const std::string domain = recipient.substr(recipient.rfind('@') + 1);
        if (seen_.own.covers(domain)) continue;
        const auto provider = seen_.providers.find(domain);
        if (provider != seen_.providers.end() && mine(provider->second)) traffic.dots.push_back(dot.at);
      }
    }
    for (const EventSeen& event : seen_.events) {
      const bool no_user = event.verdict == "unknown_user" || event.verdict == "mailbox_disabled";
      const auto address = seen_.addresses.find(event.source);
      const bool from_here = address != seen_.addresses.end() && address->second == lane_.address;
      const bool own = seen_.own.covers(event.recipient.substr(event.recipient.rfind('@') + 1));
      if (no_user && !own && from_here && mine(event.provider) && refused_at_rcpt(event)) traffic.unheard_of.push_back(event.at);
    }
    return traffic;
  }

  bool refused_at_rcpt(const EventSeen& event) const {
    return std::any_of(seen_.strangers.begin(), seen_.strangers.end(),
                       [&](const UnknownUserRefusal& stranger) {
                         return stranger.recipient == event.recipient && stranger.client.to_string() == lane_.address &&
                                stranger.at <= event.at;
                       }) &&
           std::none_of(seen_.dots.begin(), seen_.dots.end(), [&](const Dot& dot) {
             return dot.client.to_string() == lane_.address && dot.at <= event.at &&
                    std::find(dot.recipients.begin(), dot.recipients.end(), event.recipient) != dot.recipients.end();
           });
  }

  // Over all days: a crash may charge what left before it to the day of the restart.
  void check_every_dot_is_charged(const Traffic& traffic) {
    Recipients charged = 0;
    for (const auto& day : days_) charged += day.sent;
    const Recipients left = traffic.dots.size() + traffic.unheard_of.size();
    if (left > charged && !forgot_days()) say("{} left and {} were charged", left, charged);
  }

  // A lane that learns can come to no more than by the most that its plan lets it learn.
  warmup::Curve highest_curve() const {
    if (!lane_.rules->learns()) return lane_.rules->curve;
    warmup::PlanOptions most = *lane_.rules->plan;
    most.growth = most.growth_max;
    return warmup::Curve(most);
  }

  double highest_step(unsigned stage) const {
    const warmup::PlanOptions& plan = *lane_.rules->plan;
    if (!lane_.rules->learns()) return lane_.rules->curve.step(stage);
    return plan.growth_max * static_cast<double>(plan.start + 1) / static_cast<double>(plan.start);  // caps are rounded down
  }

  // The curve's caps, from its first, one stage a day at most.
  void check_stages() {
    const auto curve = highest_curve();
    const bool in_order = !seen_.clock_jumped;  // else a day of the past may be today, or have come later
    if (in_order && !forgot_days() && days_.front().stage != 0) say("begins at stage {}", days_.front().stage);
    for (std::size_t i = 0; i < days_.size(); ++i) {
      const warmup::Day& day = days_[i];
      if (in_order && i > 0 && day.stage > days_[i - 1].stage + 1)
        say("goes from stage {} on {} to {} on {}", days_[i - 1].stage, days_[i - 1].date, day.stage, day.date);
      const bool at_its_end = lane_.rules->learns() ? day.stage >= curve.last() : day.stage == curve.last();
      const bool warm = at_its_end && !day.cap;
      if (!warm && (!day.cap || *day.cap > curve.cap(day.stage) || !day.limit || *day.limit > *day.cap))
        say("may send {} on {}, at stage {} with cap {}", day.limit.value_or(without_end), day.date, day.stage,
            curve.cap(day.stage));
      if (in_order && warm && !forgot_days() && day.limit) check_guard(i);
      if (in_order && i > 0 && day.started < days_[i - 1].ends)
        say("has two days at once, {} and {}", days_[i - 1].date, day.date);
    }
  }

  // Surge guard: no more than k times the best day before.
  void check_guard(std::size_t of) {
    const auto& curve = lane_.rules->curve;
    Recipients best = 0;
    for (std::size_t i = 0; i < of; ++i) best = std::max(best, days_[i].delivered);
    const double k = std::max(lane_.rules->plan->surge, highest_step(days_[of].stage));
    if (*days_[of].limit > std::max(curve.cap(0), static_cast<Recipients>(k * static_cast<double>(best) + 1e-9)))
      say("may send {} on {}, its best day was {}", *days_[of].limit, days_[of].date, best);
  }

  void check_days(const Traffic& traffic) {
    std::vector<DayOfTraffic> counts(days_.size());
    for (const Instant at : traffic.dots) count_in(counts, at, true);
    for (const Instant at : traffic.unheard_of) count_in(counts, at, false);
    Recipients room = without_end;  // of the day before
    for (std::size_t i = 0; i < days_.size(); ++i) {
      const Recipients left = counts[i].sure + counts[i].early - std::min(counts[i].early, room);
      const Recipients limit = days_[i].limit.value_or(without_end);
      if (left > limit)
        say("{} recipients left on {} ({} to {}), its limit is {}", left, days_[i].date, queue::rfc3339(days_[i].started),
            queue::rfc3339(days_[i].ends), limit);
      room = limit - std::min(limit, left);
    }
  }

  void count_in(std::vector<DayOfTraffic>& counts, Instant at, bool may_be_early) {
    if (forgot_days() && at < days_.front().started + on_its_way) return;
    for (std::size_t i = 0; i < days_.size(); ++i) {
      if (at < days_[i].started || at >= days_[i].ends) continue;
      const bool early = i > 0 && may_be_early && at < days_[i].started + on_its_way;
      ++(early ? counts[i].early : counts[i].sure);
      return;
    }
    const bool late = at >= days_.back().ends && at < days_.back().ends + on_its_way;
    if (!late) say("somebody left at {}, in no day of the lane", queue::rfc3339(at));
  }

  const Evidence& seen_;
  const LaneSeen& lane_;
  std::vector<warmup::Day> days_;  // in order of time
  std::vector<std::string> broken_;
};

}  // namespace

std::vector<std::string> broken_caps(const Evidence& evidence) {
  std::vector<std::string> broken;
  for (const LaneSeen& lane : evidence.lanes)
    for (std::string& each : LaneChecker(evidence, lane).check()) broken.push_back(std::move(each));
  return broken;
}

}  // namespace mta::sim
