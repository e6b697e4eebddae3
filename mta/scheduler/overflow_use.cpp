#include "mta/scheduler/overflow_use.h"

#include <fmt/format.h>

#include <algorithm>

#include "queue/ensure.h"
#include "warmup/gate.h"
#include "warmup/held.h"

namespace mta {

namespace {
using namespace std::chrono_literals;
constexpr Duration soon = 1min;

LaneKey lane_of(const conf::Source& overflow, const queue::QueueKey& queue) {
  return {overflow.name, overflow.is_smarthost() ? "*" : queue.provider};
}

// It has mail that tries the way within a moment, or is trying it.
bool tries_soon(const Queue& queue, Instant now) {
  if (queue.busy > 0 || queue.queued || !queue.idle.empty()) return true;
  return queue.record.waiting > 0 && queue.planned <= now + soon;
}
}  // namespace

// The overflow of the queue's pool, when there is one that takes something now.
const conf::Source* OverflowUse::overflow_of(const Queue& queue) {
  const auto* pool = state_.pool_of(queue.key.pool);
  if (pool == nullptr || pool->overflow.empty() || !queue.key.bound_to.empty()) return nullptr;
  const auto* source = state_.policy.config->source(pool->overflow);
  return source != nullptr && ask(queue, *source).takes != warmup::Takes::nothing ? source : nullptr;
}

// As warmup/overflow.h says. What is in conversation has what it takes of the day already, and waits for nothing: it is counted only when
// that decides, for it costs a look at every conversation.
warmup::OverflowAnswer OverflowUse::ask(const Queue& queue, const conf::Source& overflow) {
  const LaneKey key = lane_of(overflow, queue.key);
  const Queue& there = state_.queues.look(overflow_queue(queue, overflow));
  const bool exempt = queue.key.kind == queue::QueueKind::exempt;
  const auto left = exempt ? std::nullopt : state_.lanes.left_on(key, queue.key.mail_class);
  warmup::Recipients waiting = there.record.waiting;
  if (left && waiting >= *left) {
    const auto of_this = [&there](const Queue& each) { return each.bytes == there.bytes; };
    waiting -= std::min<warmup::Recipients>(waiting, in_conversation(of_this));
  }
  const warmup::OverflowSite site{there.record.backoff > Duration(0), there.record.closed_until, tries_soon(there, state_.now()),
                                  waiting, left};
  return warmup::ask_overflow(state_.lanes.at(key).record, site, state_.now());
}

// Recipients in conversation that were taken from queues of that kind.
std::uint64_t OverflowUse::in_conversation(const std::function<bool(const Queue&)>& counts) {
  std::uint64_t sum = 0;
  for (const auto& [id, conversation] : state_.conversations.all()) {
    const Queue* of = conversation.taken.empty() ? nullptr : state_.queues.awake(conversation.queue);
    if (of != nullptr && counts(*of)) sum += conversation.taken.size();
  }
  return sum;
}

// May a recipient that is due since then go by the overflow, as its class says? One that was blocked for good always may.
bool OverflowUse::may_take(const Queue& queue, Instant due) {
  const warmup::Head head{due, queue.key.kind == queue::QueueKind::blocked};
  return warmup::may_overflow(state_.class_of(queue.key.mail_class), head, is_full(queue, 0), state_.now());
}

// The head of a held queue goes there; as a probe rather another message than the one that met the refusal. False: it takes nothing now,
// and the search says when to ask again. REQUIRES: the head may overflow.
bool OverflowUse::take_head(Queue& queue, const queue::QueueRow& head, Search& search) {
  const auto* pool = state_.pool_of(queue.key.pool);
  const auto* overflow = pool == nullptr ? nullptr : state_.policy.config->source(pool->overflow);
  if (overflow == nullptr) return false;
  const auto answer = ask(queue, *overflow);
  const LiveLane& there = state_.lanes.at(lane_of(*overflow, queue.key));
  if (answer.takes == warmup::Takes::nothing) {
    search.looks_again = std::min(search.looks_again.value_or(answer.again), answer.again);
    return false;
  }
  auto row = head;
  if (answer.takes == warmup::Takes::one) {
    const auto another = state_.another_than(queue, there.record.brake.trigger);
    if (another != queue.window.end() && may_take(queue, another->due)) row = *another;
  }
  auto found = state_.mail.recipient(row.recipient);
  const auto of = state_.mail.message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  state_.mail.move({*of, row.recipient.number, std::move(*found), row.due}, overflow_queue(queue, *overflow), row.due);
  return true;
}

// Also when it is not the pool's overflow any more.
bool OverflowUse::lets_go(Queue& queue, const queue::Recipient& head) {
  const auto* pool = state_.pool_of(queue.key.pool);
  if (pool == nullptr || pool->overflow != queue.key.bound_to) return true;
  const auto& record = state_.lanes.at(state_.lanes_of(queue).front()).record;
  const bool another = queue.window.size() > 1 ? queue.window[1].due <= state_.now() : !queue.complete;
  const auto pool_takes = [&] { return !pool_opens(state_.home_of(queue.key, head)); };
  return warmup::leaves_overflow(record, queue.record.backoff > Duration(0), another, pool_takes, state_.now());
}

// When the pool's own lanes take more than what waits for them already; empty: now.
std::optional<Instant> OverflowUse::pool_opens(const queue::QueueKey& key) {
  const Queue& home = state_.queues.look(key.encode());
  const bool closed = home.record.backoff > Duration(0);
  std::vector<warmup::Answer> answers;
  if (!closed) {
    for (const auto& each : state_.lanes_of(home))
      answers.push_back(
          state_.lanes.permit(each, {key.mail_class, home.record.waiting + 1, false, 0, key.kind == queue::QueueKind::exempt}));
  }
  const auto room = warmup::room_in_pool(answers, home.record.waiting,
                                         closed ? std::optional(home.record.closed_until) : std::nullopt, state_.now());
  return room.more > 0 ? std::nullopt : std::optional(room.opens);
}

std::string OverflowUse::overflow_queue(const Queue& queue, const conf::Source& overflow) const {
  auto key = queue.key;
  if (key.kind == queue::QueueKind::blocked) key.kind = queue::QueueKind::routed;
  key.bound_to = overflow.name;
  return key.encode();
}

bool OverflowUse::all_braked_for_long(const Queue& queue) {
  const auto keys = state_.lanes_of(queue);
  return !keys.empty() && std::ranges::all_of(keys, [&](const LaneKey& key) {
    return warmup::is_braked_for_long(state_.lanes.at(key).record, state_.now());
  });
}

// §6: only when what waits ahead is all that the class can get today, or the lanes are braked; pace alone never overflows.
bool OverflowUse::is_full(const Queue& queue, std::uint64_t ahead) {
  const auto& options = state_.class_of(queue.key.mail_class);
  if (options.when_full != warmup::WhenFull::overflow) return false;  // it costs a look at every lane
  return warmup::is_full(options, {all_braked_for_long(queue), state_.left_for(queue)},
                         queue.key.kind == queue::QueueKind::exempt, ahead);
}

// `when_full = "overflow"`: mail goes there as it arrives, when what waits ahead of it is all that its class can get today.
queue::QueueKey OverflowUse::where_it_waits(queue::QueueKey key) {
  if (key.kind != queue::QueueKind::routed || !key.bound_to.empty()) return key;
  if (state_.class_of(key.mail_class).when_full != warmup::WhenFull::overflow) return key;
  const Queue& queue = state_.queues.look(key.encode());
  const auto* overflow = overflow_of(queue);
  if (overflow == nullptr) return key;
  const auto ahead = state_.ahead_of(key, Bound::not_counted);
  if (!is_full(queue, ahead)) return key;
  const auto* pool = state_.pool_of(key.pool);
  const auto* mail_class = &state_.class_of(key.mail_class);
  const auto is_ahead = [&](const Queue& each) {
    return each.key.kind == queue::QueueKind::routed && each.key.bound_to.empty() && each.key.provider == key.provider &&
           state_.pool_of(each.key.pool) == pool && &state_.class_of(each.key.mail_class) == mail_class;
  };
  if (is_full(queue, ahead - std::min(ahead, in_conversation(is_ahead)))) key.bound_to = overflow->name;
  return key;
}

}  // namespace mta
