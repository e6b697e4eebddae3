// Which lane carries the head of a queue: those that grant a permit and have a connection to spare; what waits for them, and what is next.
#include <fmt/format.h>

#include <algorithm>

#include "mta/scheduler/conversation_limits.h"
#include "mta/scheduler/scheduler.h"
#include "queue/ensure.h"
#include "warmup/choose.h"
#include "warmup/gate.h"
#include "warmup/held.h"

namespace mta {

namespace {
constexpr Duration look_again = std::chrono::minutes(10);  // at what a conversation that ends may open sooner
constexpr Duration no_lane = std::chrono::minutes(1);
}  // namespace

Search Scheduler::look_for_lane(Queue& queue, const queue::QueueRow& head) {
  const auto now = state_.now();
  Search found;
  std::vector<ChosenLane> choices;
  std::vector<warmup::Candidate> candidates;
  const std::string place_of_head = queue.key.bound_to.empty() ? std::string() : place_of(head.recipient);
  const bool exempt = held_.is_exempt(queue, head);
  for (const auto& key : state_.lanes_of(queue)) {
    const LiveLane& candidate = state_.lanes.at(key);
    if (const auto looked_for = state_.absent.looked_for_at(key.source, now)) {
      found.looks_for = std::min(found.looks_for.value_or(*looked_for), *looked_for);
      continue;
    }
    if (candidate.next_start > now) {
      found.rate_opens = std::min(found.rate_opens.value_or(candidate.next_start), candidate.next_start);
      continue;
    }
    const bool has_place = !place_of_head.empty() && place_of_head == candidate.row;
    const warmup::Ask request{queue.key.mail_class, std::max(1U, state_.limits(key.provider).recipients_per_message), has_place,
                              0, exempt};
    const auto answer = state_.lanes.permit(key, request);
    if (const auto* hold = std::get_if<warmup::Hold>(&answer)) {
      found.holds.emplace_back(key, *hold);
      found.passes = found.passes || hold->passes;
      if (!found.hold || warmup::ends_before(*hold, *found.hold)) found.hold = *hold, found.held_by = key;
      continue;
    }
    const auto& granted = std::get<warmup::Permit>(answer);
    found.permitted = true;
    std::uint64_t idle = 0;
    for (const auto id : queue.idle) {
      if (state_.conversations.at(id).lane == key) idle = id;
    }
    if (idle == 0 && candidate.free_connections(state_.limits(key.provider).connections, now) == 0) {
      found.lanes.push_back(key);  // it waits for these; one that holds it has connections to spare and would call it at once
      continue;
    }
    choices.push_back({key, idle, granted.recipients, granted.probe, exempt});
    candidates.push_back({candidate.record.phase, warmup::left(candidate.record), idle != 0 ? 0 : candidate.open});
  }
  if (choices.empty()) return found;
  const ChosenLane& best = choices[warmup::choose(candidates, state_.class_of(queue.key.mail_class).prefer)];
  const bool room = best.idle != 0 || state_.conversations.size() < (queue.fresh ? conversations_at_once : conversations_of_old);
  if (room) found.place = best;
  found.no_room = !room;
  return found;
}

std::string Scheduler::place_of(const queue::RecipientId& id) {
  const auto found = state_.mail.recipient(id);
  ENSURE(found.has_value());
  return found->place;
}

void Scheduler::wait_for_permit(Queue& queue, const queue::QueueRow& head, const Search& found) {
  const auto now = state_.now();
  if (found.no_room) {
    if (!disk_waits_.send(queue, waiting_for_connection_.size(), now)) waiting_for_connection_.push_back(queue.bytes);
    return;
  }
  if (found.permitted) {
    if (queue.busy > 0 || found.lanes.empty()) return;  // the end of one of its own conversations serves it again
    std::size_t shortest = DiskWaits::most_waiting_fresh;
    for (const auto& key : found.lanes) shortest = std::min(shortest, precedence_.waiting_for(key));
    if (disk_waits_.send(queue, shortest, now)) return;
    for (const auto& key : found.lanes) precedence_.want_connection(queue, head, key);
    return;
  }
  if (found.rate_opens && (!found.hold || *found.rate_opens < found.hold->until)) {
    return state_.queues.sleep(queue, *found.rate_opens);
  }
  if (!found.hold && found.looks_for) {
    note_absent(queue);
    return state_.queues.sleep(queue, *found.looks_for, queue::nobody_knows);
  }
  if (!found.hold) {  // no lane at all: a reload took those that had not failed
    queue.failed_sources.clear();
    return state_.queues.sleep(queue, now + no_lane);
  }
  Instant until = precedence_.looks_again(queue, *found.hold, found.held_by);
  const Instant opens = found.hold->open_ended ? queue::nobody_knows : until;
  if (found.hold->settles) until = std::min(until, now + look_again);
  precedence_.want_permit(queue, head, found);
  note_hold(queue, *found.hold, found.held_by);
  for (const auto& sooner : {found.looks_again, found.looks_for, found.rate_opens})
    until = std::min(until, sooner.value_or(until));
  const warmup::Head waits{head.due, queue.key.kind == queue::QueueKind::blocked};
  until = warmup::looks_again(state_.class_of(queue.key.mail_class), waits, until, !queue.key.bound_to.empty(), now);
  state_.queues.sleep(queue, until, opens);
}

void Scheduler::note_absent(Queue& queue) {
  for (const auto& key : state_.lanes_of(queue)) {
    if (state_.absent.has(key.source))
      state_.queues.note_reason(queue, fmt::format("the address of {} is not on this host", key.source));
  }
}

void Scheduler::note_hold(Queue& queue, const warmup::Hold& hold, const LaneKey& key) {
  state_.queues.note_reason(
      queue, warmup::sentence(hold.why, hold.overall ? state_.lanes.total_text(key.source) : key.source + " to " + key.provider));
}

// Lanes that have a place or a permit again serve those that wait for one.
void Scheduler::offer_waiting() {
  const auto now = state_.now();
  for (const auto& key : state_.lanes.take_freed()) {
    const auto at = state_.lanes.all().find(key);
    if (at == state_.lanes.all().end()) continue;
    const LiveLane& free_lane = at->second;
    if (free_lane.free_connections(state_.limits(key.provider).connections, now) == 0) continue;
    const std::string next = precedence_.next_waiting(key);
    if (next.empty()) continue;
    Queue& queue = state_.queues.open(next);
    precedence_.leave(queue);
    enqueue(queue);
    state_.lanes.free(key);  // once that queue is served, see whether the place is still free
  }
  while (!waiting_for_connection_.empty() && state_.conversations.size() < conversations_of_old) {
    const std::string name = std::move(waiting_for_connection_.front());
    waiting_for_connection_.pop_front();
    enqueue(state_.queues.open(name));
    if (fresh_.size() + old_.size() + state_.conversations.size() >= conversations_at_once) break;
  }
}

}  // namespace mta
