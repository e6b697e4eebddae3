#include "warmup/forecast.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "warmup/advance.h"
#include "warmup/gate.h"

namespace warmup {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t mean_days = 7;
constexpr double spread_over = 0.95;
constexpr Recipients without_limit = 1'000'000'000'000;

Recipients sent_of(const Day& day, std::string_view mail_class) {
  const auto found = day.sent_by_class.find(mail_class);
  return found == day.sent_by_class.end() ? 0 : found->second;
}

Recipients less(Recipients from, Recipients n) { return from - std::min(from, n); }

// A copy of a lane that is played forward.
class Played {
 public:
  Played(const Follows& of, std::string_view mail_class, Recipients others)
      : lane_(*of.lane), rules_(of.rules), mail_class_(mail_class), others_(others) {
    lane_.open.clear();
  }

  const Day& today() const { return lane_.today; }
  bool paced() const { return rules_->enforced() && rules_->plan->pace == Pace::even && rules_->mail_class(mail_class_).pace; }

  // What this class may get of the day at hand, from `now` on.
  Recipients room(Instant now) const {
    const Day& day = lane_.today;
    const double open = open_share(now);
    if (open <= 0 || (day.held && rules_->mail_class(mail_class_).reserve <= 0)) return 0;
    if (!rules_->enforced() || !day.limit) return without_limit;
    const Recipients left = less(*day.limit, sent_of(day, mail_class_) + std::max(of_others(), others_));
    return static_cast<Recipients>(open * static_cast<double>(left));
  }

  // An hour's share of the day, by the hourly limit.
  Recipients hourly() {
    for (const auto& gate : gates({&lane_, rules_}, {mail_class_, 1}, lane_.today.started)) {
      if (gate.why == Why::hourly) return gate.limit;
    }
    return without_limit;
  }

  void pass(Recipients sent) {
    Day& day = lane_.today;
    const Recipients all = sent + less(others_, of_others());
    day.sent += all;
    day.delivered += all;
    day.sent_by_class[std::string(mail_class_)] += sent;
    day.health = {};
    day.braked = day.longest_cool = Duration(0);
    day.blocked = false;
    const BrakeState brake = std::exchange(lane_.brake, {});  // no vetoes
    roll({&lane_, rules_}, {day.ends, {}});
    if (brake.until > lane_.today.started) lane_.brake = brake;
  }

 private:
  Recipients of_others() const { return less(lane_.today.sent, sent_of(lane_.today, mail_class_)); }

  // What brakes and pins leave of the rest of the day.
  double open_share(Instant now) const {
    Instant opens = now;
    if (lane_.brake.state != Brake::none) opens = std::max(opens, lane_.brake.until);
    if (lane_.pin.state == Pin::paused) opens = std::max(opens, lane_.pin.until.value_or(lane_.today.ends));
    const auto rest = static_cast<double>((lane_.today.ends - now).count());
    return rest <= 0 ? 0 : std::clamp(static_cast<double>((lane_.today.ends - opens).count()) / rest, 0.0, 1.0);
  }

  Lane lane_;
  const Rules* rules_;
  std::string_view mail_class_;
  Recipients others_;  // a day
};

struct Pair {
  Played lane;
  std::optional<Played> overall;

  Recipients room(Instant at) const {
    const Recipients own = lane.room(std::max(at, lane.today().started));
    return overall ? std::min(own, overall->room(std::max(at, overall->today().started))) : own;
  }
  Recipients hourly() { return overall ? std::min(lane.hourly(), overall->hourly()) : lane.hourly(); }
  void pass(Recipients sent) {
    lane.pass(sent);
    if (overall) overall->pass(sent);
  }
};

Recipients mean(const Lane& lane, std::string_view mail_class, bool but) {
  Recipients sum = 0;
  std::size_t days = 0;
  for (auto day = lane.history.rbegin(); day != lane.history.rend() && days < mean_days; ++day) {
    if (day->sent == 0) continue;
    ++days;
    const Recipients own = sent_of(*day, mail_class);
    sum += but ? less(day->sent, own) : own;
  }
  return days == 0 ? 0 : sum / days;
}

// The source's total also carries this class's mail to other providers.
Pair pair_of(const Way& way, std::string_view mail_class) {
  const Recipients others = mean_of_sending_days(*way.lane.lane, mail_class);
  Pair pair{Played(way.lane, mail_class, others), std::nullopt};
  if (way.overall.lane == nullptr) return pair;
  const Lane& total = *way.overall.lane;
  const Recipients elsewhere = less(mean(total, mail_class, false), mean(*way.lane.lane, mail_class, false));
  pair.overall.emplace(way.overall, mail_class, mean_of_sending_days(total, mail_class) + elsewhere);
  return pair;
}

// The lane with the most left goes first, so that what is left is level in the end. Sums up to n, or to all rooms.
std::vector<Recipients> share_out(const std::vector<Recipients>& rooms, Recipients n) {
  std::vector<Recipients> shares(rooms.size(), 0);
  std::vector<std::size_t> order(rooms.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rooms[a] > rooms[b]; });
  for (std::size_t level = 0; level < order.size() && n > 0; ++level) {  // those up to here come down to the next one's room
    const Recipients below = level + 1 < order.size() ? rooms[order[level + 1]] : 0;
    const Recipients drop = rooms[order[0]] - shares[order[0]] - below, lanes = level + 1;
    const Recipients each = std::min(drop, n / lanes), rest = each < drop ? n % lanes : 0;
    for (std::size_t i = 0; i <= level; ++i) shares[order[i]] += each + (i < rest ? 1 : 0);
    n -= each * lanes + rest;
  }
  return shares;
}

struct Today {
  Outlook outlook;
  Recipients hourly = 0;
  bool paced = false;
};

// When `n` of what the day carries have gone: paced classes spread it, others go as fast as the hourly limit lets them.
Instant gone_at(const Today& today, Recipients n, Instant at) {
  const Instant begin = std::max(at, today.outlook.started);
  const Duration length = today.outlook.ends - today.outlook.started;
  if (n == 0 || today.outlook.cap >= without_limit) return begin;
  double share = 0;
  if (today.paced) {
    const Instant spread_to =
        today.outlook.started + Duration(static_cast<Duration::rep>(spread_over * static_cast<double>(length.count())));
    const double part = static_cast<double>(n) / static_cast<double>(today.outlook.cap);
    share = part * std::max(0.0, static_cast<double>((spread_to - begin).count()));
  } else if (today.hourly > 0 && n > today.hourly) {
    share =
        std::floor(static_cast<double>(n - 1) / static_cast<double>(today.hourly)) * static_cast<double>(Duration(1h).count());
  }
  return std::min(begin + Duration(static_cast<Duration::rep>(share)), today.outlook.ends);
}

// How many went by `at`, a day's evenly over the day.
Recipients gone_by(const Forecast& forecast, Instant at, Instant now) {
  Recipients gone = 0;
  for (const Outlook& day : forecast.days) {
    const Instant begin = std::max(day.started, now);
    if (at <= begin) break;
    const auto length = std::max<Duration::rep>(1, (day.ends - begin).count());
    const auto part = static_cast<double>((std::min(at, day.ends) - begin).count()) / static_cast<double>(length);
    gone += static_cast<Recipients>(std::floor(part * static_cast<double>(day.sent)));
  }
  return gone;
}

}  // namespace

Recipients mean_of_sending_days(const Lane& lane, std::string_view but_class) { return mean(lane, but_class, true); }

Forecast forecast(const std::vector<Way>& lanes, const Demand& demand, Instant now) {
  Forecast result;
  std::vector<Pair> played;
  for (const auto& way : lanes) played.push_back(pair_of(way, demand.mail_class));
  if (played.empty()) return result;
  Recipients waiting = demand.waiting, backlog = demand.waiting;  // backlog: of what waits now
  Instant at = now;
  for (unsigned n = 0; n < demand.days; ++n) {
    const Day& day = played.front().lane.today();
    Today today{{day.date, day.started, day.ends, 0, 0, 0}, 0, played.front().lane.paced()};
    Outlook& outlook = today.outlook;
    waiting += demand.per_day;
    std::vector<Recipients> rooms;
    for (auto& pair : played) {
      rooms.push_back(pair.room(at));
      outlook.cap = std::min(without_limit, outlook.cap + rooms.back());
      today.hourly = std::min(without_limit, today.hourly + pair.hourly());
    }
    const auto shares = share_out(rooms, waiting);
    for (std::size_t i = 0; i < played.size(); ++i) {
      outlook.sent += shares[i];
      played[i].pass(shares[i]);
    }
    waiting = less(waiting, outlook.sent);
    outlook.waiting = waiting;
    if (!result.gone && backlog <= outlook.sent) result.gone = gone_at(today, backlog, at);
    backlog = less(backlog, outlook.sent);
    result.days.push_back(outlook);
    at = outlook.ends;
    if (waiting == 0 && demand.per_day == 0 && result.gone) break;
  }
  return result;
}

Recipients late(const Forecast& forecast, const Demand& demand, Duration max_wait, Instant now) {
  Recipients late = 0, ahead = 0;  // first come, first served
  const auto look_at = [&](Recipients count, Instant came) {
    if (came + max_wait <= forecast.days.back().ends)
      late += less(ahead + count, std::max(ahead, gone_by(forecast, came + max_wait, now)));
    ahead += count;
  };
  if (forecast.days.empty()) return demand.waiting;
  look_at(demand.waiting, now);
  for (const Outlook& day : forecast.days) look_at(demand.per_day, std::max(day.started, now));
  return late;
}

}  // namespace warmup
