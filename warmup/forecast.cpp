#include "warmup/forecast.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>

#include "warmup/need.h"
#include "warmup/played_lane.h"

namespace warmup {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t mean_days = 7;
constexpr double spread_over = 0.95, head_start = 1.0 / 24;  // as gate.cpp

Recipients sent_of(const Day& day, std::string_view mail_class) {
  const auto found = day.sent_by_class.find(mail_class);
  return found == day.sent_by_class.end() ? 0 : found->second;
}

Recipients less(Recipients from, Recipients n) { return from - std::min(from, n); }

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

// What waits beside the queue for one lane, and what goes on coming.
struct Others {
  std::string mail_class;
  Recipients waiting = 0, per_day = 0;
};

// Queues elsewhere that are played forward too.
struct Beside {
  Elsewhere alike;
  std::shared_ptr<PlayedDay> day;  // of their lane, shared with other forecasts; null: no lane limits them
  const PlayedLane* lane() const { return day ? &day->lane() : nullptr; }
  Recipients queues() const { return std::max<Recipients>(1, alike.queues); }
  Recipients wants(Instant at) const { return day ? std::min(alike.waiting, lane()->room(at)) : alike.waiting; }
  void pass(Recipients sent, std::uint64_t& played) {
    alike.waiting = less(alike.waiting, sent);
    if (day) day = PlayedDay::after(std::move(day), sent, played);
  }
};

// What forecasts that are made together share.
struct LanesBeside {
  std::map<LaneKey, std::shared_ptr<PlayedDay>> begun;  // the day at hand of each, until all forecasts have begun
  std::uint64_t played = 0;                             // days of them
  std::shared_ptr<PlayedDay> begin(const Elsewhere& of) {
    if (!of.lane) return nullptr;
    std::shared_ptr<PlayedDay> unnamed;
    auto& day = of.key ? begun[*of.key] : unnamed;
    if (!day) day = std::make_shared<PlayedDay>(PlayedLane(*of.lane));
    return day;
  }
};

class Pair {
 public:
  // `totals`: over how many what waits elsewhere spreads.
  Pair(const Way& way, const Demand& demand, Recipients totals, LanesBeside& shared)
      : lane_(way.lane), mail_class_(demand.mail_class), has_elsewhere_(!way.beside.empty()) {
    for (auto each : way.beside) {
      each.waiting = (each.waiting + totals - 1) / totals;
      elsewhere_.push_back({each, shared.begin(each)});
    }
    if (way.overall.lane != nullptr) total_.emplace(way.overall);
    for (const auto& rival : demand.rivals)
      rivals_.push_back(
          {rival.mail_class, rival.waiting, rival.mail_class == mail_class_ ? 0 : mean(*way.lane.lane, rival.mail_class, false)});
    const Recipients known = std::accumulate(rivals_.begin(), rivals_.end(), Recipients{0},
                                             [](Recipients sum, const Others& each) { return sum + each.per_day; });
    others_ = less(mean_of_sending_days(*way.lane.lane, mail_class_), known);
    if (!total_) return;
    const Recipients all = mean(total_->lane(), "", true), here = mean(*way.lane.lane, "", true);
    elsewhere_a_day_ = less(all, here);
  }

  const Day& today() const { return lane_.today(); }
  std::optional<Instant> opens(Instant at) const {
    auto opens = lane_.opens(at);
    if (!opens || !total_) return opens;
    const auto of_total = total_->opens(at);
    return of_total ? std::optional(std::max(*opens, *of_total)) : std::nullopt;
  }
  bool paced() const {
    return lane_.rules().enforced() && lane_.rules().plan->pace == Pace::even && lane_.rules().mail_class(mail_class_).pace;
  }
  Recipients hourly() const { return total_ ? std::min(lane_.hourly(), total_->hourly()) : lane_.hourly(); }
  bool stopped() const { return lane_.today().bulk_stopped && lane_.rules().mail_class(mail_class_).reserve <= 0; }
  Recipients had_today() const { return sent_of(lane_.today(), mail_class_); }

  // What the class may get from `at` on of the day at hand.
  Recipients room(Instant at) const {
    if (stopped() || !opens(at)) return 0;
    return split(at, without_limit).own;
  }

  // How much of the total's day has gone when `n` of ours have: those beside us have had as many turns, as far as they want any.
  double part_of_total(Instant at, Recipients n) const {
    if (!total_ || !total_->limited() || *total_->today().limit == 0) return 0;
    Recipients turns = n;
    for (const auto& each : elsewhere_) turns += each.alike.same_turn ? std::min(each.wants(at), n * each.queues()) : 0;
    Recipients gone = total_->today().sent + turns;
    for (const auto& each : elsewhere_) gone += each.alike.same_turn ? 0 : std::min(each.wants(at), turns * each.queues());
    return std::min(1.0, static_cast<double>(gone) / static_cast<double>(*total_->today().limit));
  }

  // The day ends; so much of it was ours.
  void pass(Instant at, Recipients sent, LanesBeside& shared) {
    const Split day = opens(at) ? split(at, sent) : Split{};
    lane_.sends(mail_class_, sent);
    for (std::size_t i = 0; i < day.rivals.size(); ++i) {
      lane_.sends(rivals_[i].mail_class, day.rivals[i]);
      rivals_[i].waiting = less(rivals_[i].waiting + rivals_[i].per_day, day.rivals[i]);
    }
    lane_.sends("", day.others);
    lane_.end_day();
    if (!total_) return;
    for (std::size_t i = 0; i < elsewhere_.size(); ++i)
      elsewhere_[i].pass(i < day.elsewhere.size() ? day.elsewhere[i] : 0, shared.played);
    std::erase_if(elsewhere_, [](const Beside& each) { return each.day && each.alike.waiting == 0; });  // it has no turn any more
    total_->sends(mail_class_, sent);
    total_->sends("", std::accumulate(day.elsewhere.begin(), day.elsewhere.end(), day.elsewhere_usual));
    total_->end_day();
  }

 private:
  Wanting wanting(const std::string& mail_class, Recipients wants) const {
    const auto& options = lane_.rules().mail_class(mail_class);
    const Recipients had = sent_of(lane_.today(), mail_class);
    const double kept = options.reserve * static_cast<double>(lane_.today().limit.value_or(0));
    return {wants, static_cast<double>(had), static_cast<double>(std::max(1U, options.weight)),
            less(static_cast<Recipients>(kept), had)};
  }
  Recipients sum_of_known() const {
    Recipients sum = sent_of(lane_.today(), mail_class_);
    for (const auto& rival : rivals_) sum += rival.mail_class == mail_class_ ? 0 : sent_of(lane_.today(), rival.mail_class);
    return sum;
  }
  struct Split {  // of a day
    Recipients own = 0;
    std::vector<Recipients> rivals;  // other classes of the lane
    Recipients others = 0;           // of which only their mean is known
    std::vector<Recipients> elsewhere;
    Recipients elsewhere_usual = 0;
  };
  // First the lane's classes, then the queues that wait for the total, share what there is by need.
  Split split(Instant at, Recipients wants) const {
    Split day;
    const Recipients of_lane = lane_.room(at);
    if (of_lane >= without_limit && !total_) {
      day.own = wants;
      return day;
    }
    std::vector<Wanting> all{wanting(mail_class_, wants)};
    for (const auto& rival : rivals_) all.push_back(wanting(rival.mail_class, rival.waiting + rival.per_day));
    day.others = std::min(of_lane, less(others_, less(lane_.today().sent, sum_of_known())));
    const auto shares = share_by_need(all, of_lane - day.others);
    day.own = shares.front();
    day.rivals.assign(shares.begin() + 1, shares.end());
    if (total_) share_total(at, day);
    return day;
  }

  // Every queue that waits for the total has its turns; the others had about as much of today.
  void share_total(Instant at, Split& day) const {
    const Recipients room = total_->room(at);
    const auto had = static_cast<double>(lane_.today().sent);
    if (!has_elsewhere_) {
      day.elsewhere_usual = std::min(room, less(elsewhere_a_day_, less(total_->today().sent, lane_.today().sent)));
      day.own = std::min(day.own, room - day.elsewhere_usual);
      return;
    }
    std::vector<Wanting> turns{{0, 0, 1, 0}}, ours{{day.own, had, 1, 0}};  // the first of `turns` is that of all of `ours`
    for (const auto& each : elsewhere_) {
      const auto queues = static_cast<double>(each.queues());
      (each.alike.same_turn ? ours : turns)
          .push_back({each.wants(at), each.day ? static_cast<double>(each.lane()->today().sent) : had * queues, queues, 0});
    }
    for (const auto& each : ours) {
      turns.front().wants += each.wants;
      turns.front().had += each.had;
    }
    const auto shares = share_by_need(turns, room);
    const auto of_ours = share_by_need(ours, shares.front());
    day.own = of_ours.front();
    auto next = shares.begin() + 1, next_of_ours = of_ours.begin() + 1;
    for (const auto& each : elsewhere_) day.elsewhere.push_back(each.alike.same_turn ? *next_of_ours++ : *next++);
  }

  PlayedLane lane_;
  std::optional<PlayedLane> total_;
  std::string mail_class_;
  std::vector<Others> rivals_;
  bool has_elsewhere_;
  std::vector<Beside> elsewhere_;                // that still want turns
  Recipients others_ = 0, elsewhere_a_day_ = 0;  // means a day
};

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
  Recipients had = 0;  // of the day, by the class
  bool paced = false;
};

// When `n` of what the day carries have gone: paced classes spread it, others go as fast as the hourly limit lets them.
Instant gone_at(const Today& today, Recipients n, double part_of_total) {
  const Instant begin = today.outlook.opens;
  const Duration length = today.outlook.ends - today.outlook.started;
  if (n == 0 || today.outlook.cap >= without_limit) return begin;
  Instant at = begin;
  if (today.paced) {
    const double of_lane =
        static_cast<double>(n + today.had) / static_cast<double>(std::max<Recipients>(1, today.outlook.cap + today.had));
    const double share = std::max(0.0, (std::max(of_lane, part_of_total) - head_start) * spread_over);
    at = today.outlook.started + Duration(static_cast<Duration::rep>(share * static_cast<double>(length.count())));
  }
  if (today.hourly > 0 && n > today.hourly) {
    const auto hours = static_cast<Duration::rep>((n - 1) / today.hourly);
    at = std::max(at, begin + hours * Duration(1h));
  }
  return std::clamp(at, begin, std::max(begin, today.outlook.ends));
}

// How many went by `at`: a day's evenly between its first and its last, or over the day when these are not known.
Recipients gone_by(const Forecast& forecast, Instant at, Instant now) {
  Recipients gone = 0;
  for (const Outlook& day : forecast.days) {
    const Instant begin = day.opens != Instant{} ? day.opens : std::max(day.started, now);
    const Instant end = day.done != Instant{} ? day.done : day.ends;
    if (at < begin) break;
    const auto length = static_cast<double>((end - begin).count()), passed = static_cast<double>((at - begin).count());
    gone += at >= end || length <= 0 ? day.sent
                                     : static_cast<Recipients>(std::floor(passed / length * static_cast<double>(day.sent)));
  }
  return gone;
}

// One queue's forecast, a day at a time.
class QueuePlay {
 public:
  QueuePlay(const ForecastQuestion& question, Instant now, LanesBeside& shared)
      : demand_(question.demand), waiting_(demand_.waiting), backlog_(demand_.waiting), at_(now) {
    const auto totals = std::ranges::count_if(question.lanes, [](const Way& way) { return way.overall.lane != nullptr; });
    for (const auto& way : question.lanes)
      lanes_.emplace_back(way, demand_, std::max<Recipients>(1, static_cast<Recipients>(totals)), shared);
    if (demand_.days == 0) lanes_.clear();
  }

  // False: it is complete.
  bool play_day(LanesBeside& shared) {
    if (lanes_.empty()) return false;
    const Day& day = lanes_.front().today();
    Today today{{day.date, day.started, day.ends, 0, 0, 0, {}, {}}, 0, 0, lanes_.front().paced()};
    waiting_ += demand_.per_day;
    const auto rooms = look_at_rooms(today);
    const double part_of_all = part_of_total(rooms, waiting_), part_of_backlog = part_of_total(rooms, backlog_);
    Outlook& outlook = today.outlook;
    const auto shares = share_out(rooms, waiting_);
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      outlook.sent += shares[i];
      lanes_[i].pass(at_, shares[i], shared);
    }
    waiting_ = less(waiting_, outlook.sent);
    outlook.waiting = waiting_;
    outlook.done = gone_at(today, outlook.sent, part_of_all);
    if (!result_.gone && backlog_ <= outlook.sent && (backlog_ > 0 || outlook.cap > 0))
      result_.gone = gone_at(today, backlog_, part_of_backlog);
    backlog_ = less(backlog_, outlook.sent);
    result_.days.push_back(outlook);
    at_ = outlook.ends;
    const bool all_gone = waiting_ == 0 && demand_.per_day == 0 && result_.gone;
    if (all_gone || result_.days.size() >= demand_.days) lanes_.clear();
    return !lanes_.empty();
  }

  Forecast result() {
    if (demand_.waiting == 0) result_.gone.reset();
    return std::move(result_);
  }

 private:
  std::vector<Recipients> look_at_rooms(Today& today) const {
    Outlook& outlook = today.outlook;
    outlook.opens = outlook.ends;
    std::vector<Recipients> rooms;
    for (const auto& pair : lanes_) {
      rooms.push_back(pair.room(at_));
      outlook.cap = std::min(without_limit, outlook.cap + rooms.back());
      if (rooms.back() == 0) continue;
      outlook.opens = std::min(outlook.opens, *pair.opens(at_));
      today.hourly = std::min(without_limit, today.hourly + pair.hourly());
      today.had += pair.had_today();
    }
    return rooms;
  }

  double part_of_total(const std::vector<Recipients>& rooms, Recipients count) const {
    const auto each = share_out(rooms, count);
    double part = 0;
    for (std::size_t i = 0; i < lanes_.size(); ++i) part = std::max(part, lanes_[i].part_of_total(at_, each[i]));
    return part;
  }

  Demand demand_;
  std::vector<Pair> lanes_;       // none when it is complete
  Recipients waiting_, backlog_;  // backlog: of what waits now
  Instant at_;
  Forecast result_;
};

}  // namespace

Recipients mean_of_sending_days(const Lane& lane, std::string_view but_class) { return mean(lane, but_class, true); }

std::vector<Forecast> forecasts(const std::vector<ForecastQuestion>& questions, Instant now, std::uint64_t* lane_days) {
  LanesBeside shared;
  std::vector<QueuePlay> plays;
  plays.reserve(questions.size());
  for (const auto& each : questions) plays.emplace_back(each, now, shared);
  shared.begun.clear();
  for (bool more = true; more;) {  // day by day, so that a day that is alike is there when the next forecast needs it
    more = false;
    for (auto& play : plays) more = play.play_day(shared) || more;
  }
  if (lane_days != nullptr) *lane_days = shared.played;
  std::vector<Forecast> found;
  for (auto& play : plays) found.push_back(play.result());
  return found;
}

Forecast forecast(const std::vector<Way>& lanes, const Demand& demand, Instant now) {
  return std::move(forecasts({{lanes, demand}}, now).front());
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
