#include "warmup/forecast.h"

#include <algorithm>
#include <cmath>

#include "warmup/advance.h"
#include "warmup/gate.h"

namespace warmup {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t mean_days = 7;
constexpr double spread_over = 0.95;
constexpr Recipients without_limit = 1'000'000'000'000;

// A copy of a lane that is played forward.
struct Played {
  Lane lane;
  const Rules* rules;
  Recipients others = 0;  // a day

  Played(const Follows& of, std::string_view mail_class)
      : lane(*of.lane), rules(of.rules), others(mean_of_sending_days(lane, mail_class)) {
    lane.open.clear();
  }
  Follows follows() { return {&lane, rules}; }

  // What this class may get of the day at hand.
  Recipients room(Instant now, std::string_view mail_class) const {
    const Day& day = lane.today;
    if (!rules->enforced() || !day.limit) return without_limit;
    const bool first = now > day.started;
    const auto found = day.sent_by_class.find(mail_class);
    const Recipients own = found == day.sent_by_class.end() ? 0 : found->second;
    const Recipients of_others = first ? std::max(day.sent - std::min(day.sent, own), others) : others;
    const Recipients taken = of_others + own;
    double open = 1;
    if (lane.brake.state != Brake::none && lane.brake.until > now) {
      const auto rest = static_cast<double>((day.ends - now).count());
      open = rest <= 0 ? 0 : std::clamp(static_cast<double>((day.ends - lane.brake.until).count()) / rest, 0.0, 1.0);
    }
    if (lane.pin.state == Pin::paused && (!lane.pin.until || *lane.pin.until >= day.ends)) open = 0;
    const Recipients left = *day.limit - std::min(*day.limit, taken);
    return static_cast<Recipients>(open * static_cast<double>(left));
  }

  void pass(Recipients sent, std::string_view mail_class) {
    Day& day = lane.today;
    day.sent += sent + others;
    day.delivered += sent + others;
    if (day.limit) day.delivered = std::min(day.delivered, *day.limit);
    day.sent_by_class[std::string(mail_class)] += sent;
    day.health = {};
    day.braked = day.longest_cool = Duration(0);
    day.blocked = false;
    lane.opened_boot.id.clear();
    lane.looked_boot.id.clear();
    if (lane.brake.until <= day.ends) lane.brake.state = Brake::none;
    roll({&lane, rules}, {day.ends, {}});
  }
};

}  // namespace

Recipients mean_of_sending_days(const Lane& lane, std::string_view but_class) {
  Recipients sum = 0;
  std::size_t days = 0;
  for (auto day = lane.history.rbegin(); day != lane.history.rend() && days < mean_days; ++day) {
    if (day->sent == 0) continue;
    ++days;
    for (const auto& [name, sent] : day->sent_by_class) {
      if (name != but_class) sum += sent;
    }
  }
  return days == 0 ? 0 : sum / days;
}

Forecast forecast(const std::vector<Way>& lanes, const Demand& demand, Instant now) {
  Forecast result;
  std::vector<std::pair<Played, std::optional<Played>>> played;
  for (const auto& way : lanes) {
    played.emplace_back(Played(way.lane, demand.mail_class), way.overall.lane == nullptr
                                                                 ? std::nullopt
                                                                 : std::optional<Played>(Played(way.overall, demand.mail_class)));
  }
  if (played.empty()) return result;
  Recipients waiting = demand.waiting;
  Recipients backlog = demand.waiting;  // of what waits now
  Instant at = now;
  for (unsigned n = 0; n < demand.days; ++n) {
    const Day& day = played.front().first.lane.today;
    Outlook outlook{day.date, day.started, day.ends, 0, 0, 0};
    waiting += demand.per_day;
    for (auto& [lane, overall] : played) {
      Recipients room = lane.room(std::max(at, lane.lane.today.started), demand.mail_class);
      if (overall) room = std::min(room, overall->room(std::max(at, overall->lane.today.started), demand.mail_class));
      const Recipients sent = std::min(room, waiting - std::min(waiting, outlook.sent));
      outlook.cap = std::min(without_limit, outlook.cap + room);
      outlook.sent += sent;
      lane.pass(sent, demand.mail_class);
      if (overall) overall->pass(sent, demand.mail_class);
    }
    waiting -= std::min(waiting, outlook.sent);
    outlook.waiting = waiting;
    if (!result.gone && backlog <= outlook.sent) {
      const auto begin = std::max(at, outlook.started);
      const double share = outlook.cap == 0 || outlook.cap >= without_limit
                               ? 0
                               : spread_over * static_cast<double>(backlog) / static_cast<double>(outlook.cap);
      result.gone = begin + Duration(static_cast<Duration::rep>(share * static_cast<double>((outlook.ends - begin).count())));
    }
    backlog -= std::min(backlog, outlook.sent);
    result.days.push_back(outlook);
    at = outlook.ends;
    if (waiting == 0 && demand.per_day == 0 && result.gone) break;
  }
  return result;
}

}  // namespace warmup
