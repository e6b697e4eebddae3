#include "mta/simulate/held_queues.h"

#include <algorithm>
#include <limits>

#include "warmup/forecast.h"
#include "warmup/overflow.h"
#include "warmup/retry.h"

namespace mta::simulate {

namespace {
using namespace std::chrono_literals;
constexpr Duration outlook_lasts = 1h;
constexpr unsigned outlook_days = 60;
}  // namespace

// A greylisted recipient is free again after a day or when its lane is held for long; one in the overflow when that is braked or its site
// does not answer.
bool HeldQueues::release(SimulatedQueue& queue, const Cohort& head) {
  if (queue.bound_to == nullptr) return false;
  SimulatedLane& lane = queue.lane();
  state_.lanes.bring(lane, state_.now);
  const auto& record = lane.record;
  const bool in_overflow = queue.overflow && !head.tries.bound_at;
  const auto pool_takes = [&] { return room_in_pool(state_.queues.home_of(queue, head)).more > 0; };
  const bool another = queue.mail.another_due(state_.now);
  const bool free = in_overflow ? warmup::leaves_overflow(record, queue.backoff > Duration(0), another, pool_takes, state_.now)
                                : warmup::is_unbound(record, *head.tries.bound_at, head.tries.greylist_delay, state_.now);
  if (!free) return false;
  const bool one_stays = in_overflow && another;  // it tries the way
  state_.go_home(queue, lane, queue.mail.take(one_stays ? std::max<Recipients>(1, head.count - 1) : head.count));
  return true;
}

warmup::PoolRoom HeldQueues::room_in_pool(SimulatedQueue& home) {
  if (home.backoff > Duration(0)) return warmup::room_in_pool({}, home.mail.waiting(), home.closed_until, state_.now);
  std::vector<warmup::Answer> answers;
  for (auto& way : home.ways) {
    way.known = false;
    answers.push_back(state_.lanes.ask(way, {home.mail_class->name, home.mail.waiting() + 1, false, 0, home.exempt}, state_.now));
    way.known = false;  // it was asked for more than it asks itself
  }
  return warmup::room_in_pool(answers, home.mail.waiting(), std::nullopt, state_.now);
}

// The overflow holds its mail: it goes by whichever grants first. True: the queue has another head now.
bool HeldQueues::return_to_pool(SimulatedQueue& queue, const Cohort& head) {
  if (!queue.overflow || head.tries.bound_at) return false;
  SimulatedQueue& home = state_.queues.home_of(queue, head);
  const auto room = room_in_pool(home);
  if (room.more == 0) {
    queue.overflow_again = room.opens;
    return false;
  }
  state_.put(home, queue.mail.take(std::min(head.count, room.more)));
  return true;
}

// What was refused for good for our reputation bounces a day after the first refusal, in an overflow too.
bool HeldQueues::bounce_blocked(SimulatedQueue& queue, const Cohort& head) {
  if (!warmup::block_ends({head.due, head.blocked()}, state_.now) || (!queue.blocked && queue.bound_to == nullptr)) return false;
  state_.end(queue, queue.lane(), queue.mail.take(head.count), &Counts::bounced);
  return true;
}

// Its due is the clock of what was blocked: that does not wait.
bool HeldQueues::wait_for_sender(SimulatedQueue& queue, const Cohort& head) {
  if (queue.blocked) return false;
  const auto& provider = queue.bound_to == nullptr ? queue.provider : queue.lane().provider;
  const auto until = state_.withheld.until(head.from_domain, provider, state_.now);
  if (!until) return false;
  Cohort waits = queue.mail.take(head.count);
  waits.due = *until;
  state_.put(queue, waits);
  return true;
}

// While a site is closed the time runs for all that wait; looked at at the head, which waits longest.
bool HeldQueues::expire(SimulatedQueue& queue, const Cohort& head) {
  const auto closed_for = state_.now - std::max(head.due, queue.closed_since);
  if (!warmup::expired(state_.config.retry, false, head.tries.backoff_used + closed_for)) return false;
  state_.end(queue, queue.lane(), queue.mail.take(head.count), &Counts::expired);
  return true;
}

// How many recipients of the queue the pool's overflow takes now.
Recipients HeldQueues::overflow_takes(SimulatedQueue& queue) {
  if (queue.overflow_queue == nullptr) return 0;
  const SimulatedQueue& there = *queue.overflow_queue;
  SimulatedLane& lane = there.lane();
  state_.lanes.bring(lane, state_.now);
  const bool tried = !there.mail.empty() && there.mail.front().due <= state_.now;
  const auto left = queue.exempt ? std::nullopt : state_.lanes.left_today(lane, queue.mail_class->name, state_.now);
  const warmup::OverflowSite site{there.backoff > Duration(0), there.closed_until, tried, there.mail.waiting(), left};
  const auto answer = warmup::ask_overflow(lane.record, site, state_.now);
  if (answer.takes == warmup::Takes::nothing) queue.overflow_again = answer.again;
  if (answer.takes != warmup::Takes::all) return answer.takes == warmup::Takes::one ? 1 : 0;
  return left ? *left - site.waiting : std::numeric_limits<Recipients>::max();
}

// What the class may still get today on all lanes of the queue; nothing: no limit.
std::optional<Recipients> HeldQueues::left_for(SimulatedQueue& queue) {
  Recipients sum = 0;
  for (auto& way : queue.ways) {
    const auto left = state_.lanes.left_today(*way.lane, queue.mail_class->name, state_.now);
    if (!left) return std::nullopt;
    sum += *left;
  }
  return sum;
}

bool HeldQueues::all_braked_for_long(SimulatedQueue& queue) {
  return std::all_of(queue.ways.begin(), queue.ways.end(), [&](const LaneAnswer& way) {
    state_.lanes.bring(*way.lane, state_.now);
    return warmup::is_braked_for_long(way.lane->record, state_.now);
  });
}

bool HeldQueues::overflows(SimulatedQueue& queue, Recipients ahead) {
  if (queue.mail_class->when_full != warmup::WhenFull::overflow) return false;  // it costs a look at every lane
  return warmup::is_full(*queue.mail_class, {all_braked_for_long(queue), left_for(queue)}, queue.exempt, ahead);
}

Recipients HeldQueues::overflowing(SimulatedQueue& queue, Recipients count) {
  if (queue.mail_class->when_full != warmup::WhenFull::overflow) return 0;
  const auto takes = overflow_takes(queue);
  if (takes == 0) return 0;
  const auto left = queue.exempt ? std::nullopt : left_for(queue);
  const Recipients fit = left ? *left - std::min(*left, queue.mail.waiting()) : count;
  return std::min(all_braked_for_long(queue) ? count : count - std::min(count, fit), takes);
}

// The head of a held queue: to the overflow, or too long in waiting. True: the queue has another head now.
bool HeldQueues::relieve(SimulatedQueue& queue, const Cohort& head) {
  if (queue.bound_to != nullptr) return return_to_pool(queue, head);
  const warmup::Head waits{head.due, queue.blocked};
  const bool would = warmup::may_overflow(*queue.mail_class, waits, overflows(queue, 0), state_.now);
  if (const auto takes = would ? overflow_takes(queue) : 0; takes > 0) {
    state_.put(*queue.overflow_queue, queue.mail.take(std::min(takes, head.count)));
    return true;
  }
  if (warmup::waits_too_long(*queue.mail_class, waits, state_.now) != warmup::TooLong::bounce) return false;
  state_.end(queue, queue.lane(), queue.mail.take(head.count), &Counts::bounced);
  return true;
}

Instant HeldQueues::looks_again(const SimulatedQueue& queue, const Cohort& head, Instant opens) const {
  if (queue.overflow_again > state_.now) opens = std::min(opens, queue.overflow_again);
  return warmup::looks_again(*queue.mail_class, {head.due, head.blocked()}, opens, queue.bound_to != nullptr, state_.now);
}

bool HeldQueues::is_full(SimulatedQueue& queue) {
  const auto& options = *queue.mail_class;
  if (options.when_full != warmup::WhenFull::tempfail || queue.exempt) return false;
  if (queue.outlook_made != Instant{} && state_.now - queue.outlook_made < outlook_lasts) return queue.full;
  queue.outlook_made = state_.now;
  std::vector<warmup::Way> ways;
  for (const auto& way : queue.ways) {
    state_.lanes.bring(*way.lane, state_.now);
    ways.push_back({way.lane->with_rules(), way.lane->total == nullptr ? warmup::LaneView{} : way.lane->total->with_rules()});
    if (!way.lane->rules->enforced()) return queue.full = false;
  }
  const auto found = warmup::forecast(ways, {options.name, queue.mail.waiting() + 1, 0, outlook_days}, state_.now);
  return queue.full = !found.days.empty() && (!found.gone || *found.gone - state_.now > options.max_wait);
}

}  // namespace mta::simulate
