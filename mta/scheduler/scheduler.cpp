#include "mta/scheduler/scheduler.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "queue/ensure.h"

namespace mta {

using queue::Family;
using queue::QueueKind;

namespace {
constexpr std::size_t awake_from_disk = 2000;  // queues woken by their time; new mail may wake more
constexpr std::size_t turns_at_once = 1000;    // of one queue's head; then others have theirs
constexpr std::size_t queues_looked_at = 200;  // at once, by look_at_held()
}  // namespace

void Scheduler::enqueue(Queue& queue) {
  state_.ensure_writer();
  if (queue.queued) return;
  queue.queued = true;
  (queue.fresh ? fresh_ : old_).push_back(queue.bytes);
  precedence_.want_turn(queue);
}

void Scheduler::run_ready() {
  state_.ensure_writer();
  if (state_.stopping) return;
  offer_waiting();
  for (;;) {
    while (!state_.transaction.full() && run_next()) {
    }
    if (state_.transaction.full()) return;
    const auto before = old_.size();
    wake_queues();
    if (old_.size() == before) return;
  }
}

// One queue has its turn: the next one, or one with a stronger claim to what the next one would be given.
bool Scheduler::run_next() {
  if (fresh_.empty() && old_.empty()) return false;
  const bool from_fresh = old_.empty() || (fresh_first_ && !fresh_.empty());
  auto& queues = from_fresh ? fresh_ : old_;
  std::string name = std::move(queues.front());
  queues.pop_front();
  fresh_first_ = !from_fresh;
  Queue* queue = state_.queues.awake(name);
  if (queue == nullptr) return true;
  const auto drop = [this](const Queue& of) {
    for (auto* queue : {&fresh_, &old_}) std::erase(*queue, of.bytes);
  };
  // Queues that could not use the turn, for what another gate says. Asked twice, such a queue and this one would give way for ever.
  std::set<std::string> in_vain;
  while (Queue* stronger = run(*queue, false)) {
    queues.push_front(name);
    precedence_.want_turn(*queue);
    if (stronger->queued) drop(*stronger);
    const unsigned busy = stronger->busy;
    const Queue* none = run(*stronger, true);
    ENSURE(none == nullptr);
    if (stronger->busy > busy) {
      queue = stronger;
      break;
    }
    drop(*queue);
    if (in_vain.insert(stronger->bytes).second) continue;
    none = run(*queue, true);
    ENSURE(none == nullptr);
    break;
  }
  state_.queues.touch(*queue);
  precedence_.pass_turn_on(*queue);
  offer_waiting();
  return true;
}

void Scheduler::wake_queues() {
  state_.ensure_writer();
  if (state_.stopping || state_.transaction.full() || state_.queues.awake_count() >= awake_from_disk) return;
  const auto now = state_.now();
  if (!state_.queues.next_wake() || *state_.queues.next_wake() > now) return;
  for (Queue* queue : state_.queues.wake_due(state_.transaction.batch(), now, awake_from_disk - state_.queues.awake_count()))
    enqueue(*queue);
}

std::optional<Instant> Scheduler::next_wake() const {
  if (state_.stopping || state_.queues.awake_count() >= awake_from_disk) return std::nullopt;
  return state_.queues.next_wake();
}

// A turn of a queue that is ready. Returns the queue that should have it instead, and leaves this one as it was; a preferred one has it in
// any case.
Queue* Scheduler::run(Queue& queue, bool preferred) {
  queue.queued = true;  // for itself, as long as this takes
  queue.in_hand = true;
  precedence_.leave(queue);
  Step step;
  for (std::size_t steps = 0; step.then == Then::look_again; ++steps) step = look_at_head(queue, preferred, steps);
  queue.in_hand = false;
  auto& ready = queue.fresh ? fresh_ : old_;
  switch (step.then) {
    case Then::over: queue.queued = false; break;
    case Then::go_last: ready.push_back(queue.bytes); break;
    case Then::look_again:
    case Then::leave_it: break;
  }
  if (step.then == Then::go_last) precedence_.want_turn(queue);
  return step.stronger;
}

Scheduler::Step Scheduler::look_at_head(Queue& queue, bool preferred, std::size_t steps) {
  const auto now = state_.now();
  const queue::QueueRow* head = state_.queues.front(queue);
  if (head == nullptr) return {Then::over};
  if (steps == turns_at_once) {
    state_.inbox->put([this, name = queue.bytes] { enqueue(state_.queues.open(name)); });
    return {Then::over};
  }
  if (head->due > now) return sleep(queue, head->due);
  if (state_.mail.set_aside_head(queue, *head)) return {Then::look_again};
  if (queue.key.kind == QueueKind::damaged) return sleep(queue, now + std::chrono::hours(24));
  if (queue.key.kind == QueueKind::unrouted) {
    queue.queued = false;  // it queues itself when there is more than one turn's worth
    routing_.run(queue);
    return {Then::leave_it};
  }
  if (queue.key.kind == QueueKind::returning) {
    returns_.run(queue);
    return {Then::over};
  }
  const bool closed = queue.record.backoff > Duration(0);
  if (held_.release(queue, *head) || held_.bounce_blocked(queue, *head)) return {Then::look_again};
  if (queue.key.kind == QueueKind::exempt && held_.refile(queue, *head)) return {Then::look_again};
  if (closed && held_.expire(queue, *head)) return {Then::look_again};
  if (closed && queue.record.closed_until > now) return sleep(queue, queue.record.closed_until);
  if (closed && queue.busy > 0) return {Then::over};  // one probe
  if (held_.wait_for_sender(queue, *head)) return {Then::look_again};
  return offer(queue, *head, preferred);
}

Scheduler::Step Scheduler::sleep(Queue& queue, Instant until) {
  state_.queues.sleep(queue, until);
  return {Then::over};
}

// The head is taken by a lane, or waits.
Scheduler::Step Scheduler::offer(Queue& queue, const queue::QueueRow& head, bool preferred) {
  Search found = look_for_lane(queue, head);
  if (!found.place) {
    const bool held = found.hold && !found.permitted && !found.rate_opens;
    if (held && held_.resolve(queue, head, found)) return {Then::look_again};
    wait_for_permit(queue, head, found);
    return {Then::over};
  }
  const LaneKey key = found.place->key;
  const bool braked = state_.lanes.at(key).record.brake.state != warmup::Brake::none;
  const bool scarce = braked || (state_.lanes.is_scarce(key) && !found.place->exempt);
  if (scarce) precedence_.note_grant(queue, key, found.place->probe);
  Queue* const stronger = scarce && !preferred ? precedence_.stronger_than(queue, head, key) : nullptr;
  if (stronger != nullptr) return {Then::leave_it, stronger};
  attempts_.start(queue, *found.place);
  return {scarce ? Then::go_last : Then::look_again};  // where permits are scarce, the next message in its next turn
}

void Scheduler::look_at_held(std::size_t most) { look_at_held("", ++walks_, most); }

void Scheduler::look_at_held(const std::string& from, std::uint64_t walk, std::size_t most) {
  if (walk != walks_ || state_.stopping) return;
  const auto now = state_.now();
  std::size_t seen = 0;
  std::string name;
  for (auto cursor = state_.store->scan(Family::queue, from, ""); cursor.valid(); cursor.next()) {
    name = cursor.key();
    if (seen++ == queues_looked_at) {
      state_.inbox->put([this, name, walk, most] { look_at_held(name, walk, most); });
      return;
    }
    const auto record = queue::decode_queue_record(cursor.value());
    ENSURE(record.has_value());
    const bool held = record->wake > now && record->low_water <= now && record->backoff == Duration(0) && !record->reason.empty();
    if (held && most-- == 0) return;
    if (held) enqueue(state_.queues.open(name));
  }
}

}  // namespace mta
