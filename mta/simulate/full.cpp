// What a line does when no lane takes its head: overflow, waiting too long, greylist pins, a site that does not answer
// (WARMUP.md §6, §8).
#include <algorithm>
#include <limits>

#include "mta/simulate/simulation.h"
#include "queue/retry.h"
#include "warmup/held.h"

namespace mta::simulate {

// A greylisted recipient is free again after a day or when its lane is held for long; one in the overflow when that is braked or its site
// does not answer.
bool Simulation::release_pin(Line& line, const Cohort& head) {
  if (line.bound_to == nullptr) return false;
  Lane& lane = *line.ways.front().lane;
  lanes_.bring(lane, now_);
  const auto& record = lane.record;
  const bool in_overflow = line.overflow && head.bound_at == Instant{};
  const auto pool_takes = [&] { return room_in_pool(open_line(name_of(line, head), nullptr, false)).more > 0; };
  const bool another = line.mail.another_due(now_);
  const bool free = in_overflow ? warmup::leaves_overflow(record, line.backoff > Duration(0), another, pool_takes, now_)
                                : warmup::is_unbound(record, head.bound_at, head.greylist_delay, now_);
  if (!free) return false;
  const bool one_stays = in_overflow && another;  // it tries the way
  go_home(line, lane, line.mail.take(one_stays ? std::max<Recipients>(1, head.count - 1) : head.count));
  return true;
}

// To any source of the pool, bound to none, with the place that its waiting earned.
void Simulation::go_home(Line& line, Lane& bound_to, Cohort mail) {
  if (mail.has_place) lanes_.drop_slots(bound_to, line.mail_class->name, mail.count);
  mail.has_place = false;
  mail.greylist_delay = Duration(0);
  mail.greylisted_at.reset();
  mail.bound_at = {};
  put(open_line(name_of(line, mail), nullptr, false), mail);
}

warmup::PoolRoom Simulation::room_in_pool(Line& home) {
  if (home.backoff > Duration(0)) return warmup::room_in_pool({}, home.mail.waiting(), home.closed_until, now_);
  std::vector<warmup::Answer> answers;
  for (auto& way : home.ways) {
    way.known = false;
    answers.push_back(lanes_.ask(way, {home.mail_class->name, home.mail.waiting() + 1, false, 0, home.exempt}, now_));
    way.known = false;  // it was asked for more than it asks itself
  }
  return warmup::room_in_pool(answers, home.mail.waiting(), std::nullopt, now_);
}

// The overflow holds its mail: it goes by whoever grants first. True: the line has another head now.
bool Simulation::return_to_pool(Line& line, const Cohort& head) {
  if (!line.overflow || head.bound_at != Instant{}) return false;
  Line& home = open_line(name_of(line, head), nullptr, false);
  const auto room = room_in_pool(home);
  if (room.more == 0) {
    line.overflow_again = room.opens;
    return false;
  }
  put(home, line.mail.take(std::min(head.count, room.more)));
  return true;
}

// Who was refused for good for our reputation bounces a day after the first refusal, in an overflow too.
bool Simulation::bounce_blocked(Line& line, const Cohort& head) {
  if (!warmup::block_ends({head.due, head.blocked}, now_) || (!line.blocked && line.bound_to == nullptr)) return false;
  end({line, *line.ways.front().lane, line.mail.take(head.count), false}, &Counts::bounced);
  return true;
}

// While a site is closed the time runs for all that wait; looked at at the head, which waits longest.
bool Simulation::expire_head(Line& line, const Cohort& head) {
  const auto closed_for = now_ - std::max(head.due, line.closed_since);
  const auto& options = config_.retry;
  if (!queue::expired(options, false, head.backoff_used + closed_for)) return false;
  Lane& lane = *line.ways.front().lane;
  end({line, lane, line.mail.take(head.count), false}, &Counts::expired);
  return true;
}

// How many recipients of the line the pool's overflow takes now.
Recipients Simulation::overflow_takes(Line& line) {
  if (line.overflow_queue == nullptr) return 0;
  const Line& there = *line.overflow_queue;
  Lane& lane = *there.ways.front().lane;
  lanes_.bring(lane, now_);
  const bool tried = !there.mail.empty() && there.mail.front().due <= now_;
  const auto left = line.exempt ? std::nullopt : lanes_.left_today(lane, line.mail_class->name, now_);
  const warmup::OverflowSite site{there.backoff > Duration(0), there.closed_until, tried, there.mail.waiting(), left};
  const auto answer = warmup::ask_overflow(lane.record, site, now_);
  if (answer.takes == warmup::Takes::nothing) line.overflow_again = answer.again;
  if (answer.takes != warmup::Takes::all) return answer.takes == warmup::Takes::one ? 1 : 0;
  return left ? *left - site.waiting : std::numeric_limits<Recipients>::max();
}

// What the class may still get today on all lanes of the line; nothing: no limit.
std::optional<Recipients> Simulation::left_for(Line& line) {
  Recipients sum = 0;
  for (auto& way : line.ways) {
    const auto left = lanes_.left_today(*way.lane, line.mail_class->name, now_);
    if (!left) return std::nullopt;
    sum += *left;
  }
  return sum;
}

bool Simulation::all_braked_for_long(Line& line) {
  return std::all_of(line.ways.begin(), line.ways.end(), [&](const Way& way) {
    lanes_.bring(*way.lane, now_);
    return warmup::is_braked_for_long(way.lane->record, now_);
  });
}

bool Simulation::overflows(Line& line, Recipients ahead) {
  if (line.mail_class->when_full != warmup::WhenFull::overflow) return false;  // it costs a look at every lane
  return warmup::is_full(*line.mail_class, {all_braked_for_long(line), left_for(line)}, line.exempt, ahead);
}

// The head of a held line: to the overflow, or too long in waiting. True: the line has another head now.
bool Simulation::relieve(Line& line, const Cohort& head) {
  if (line.bound_to != nullptr) return return_to_pool(line, head);
  const warmup::Head waits{head.due, line.blocked};
  const bool would = warmup::may_overflow(*line.mail_class, waits, overflows(line, 0), now_);
  if (const auto takes = would ? overflow_takes(line) : 0; takes > 0) {
    put(*line.overflow_queue, line.mail.take(std::min(takes, head.count)));
    return true;
  }
  if (warmup::waits_too_long(*line.mail_class, waits, now_) != warmup::TooLong::bounce) return false;
  end({line, *line.ways.front().lane, line.mail.take(head.count), false}, &Counts::bounced);
  return true;
}

}  // namespace mta::simulate
