// Who carries a line's head: the lanes that grant a permit and have a connection to spare; who waits for them, and who is next.
#include <fmt/format.h>

#include <algorithm>

#include "mta/books/books.h"
#include "mta/books/places.h"
#include "mta/tasks.h"
#include "warmup/choose.h"
#include "warmup/gate.h"

namespace mta {

namespace {
constexpr std::size_t awake_at_all = 8000;
constexpr std::size_t most_waiting = 500;         // lines in memory that wait for one thing (a slot, a lane, a look-up) …
constexpr std::size_t most_waiting_fresh = 4000;  // … and with mail that just came
constexpr Duration away = std::chrono::seconds(5);
constexpr unsigned returns_a_millisecond = 2;
constexpr Duration look_again = std::chrono::minutes(10);  // at what a conversation that ends may open sooner
constexpr Duration no_lane = std::chrono::minutes(1);
constexpr Duration least_sleep = std::chrono::milliseconds(1);
}  // namespace

Search Books::look_for_lane(Line& line, const queue::LineRow& head) {
  const auto now = world_.calendar.now();
  Search found;
  std::vector<Slot> slots;
  std::vector<warmup::Candidate> candidates;
  const std::string slot_of_head = line.key.pin.empty() ? std::string() : slot_kept_for(head.recipient);
  const bool exempt = is_exempt(line, head);
  for (const auto& key : lanes_of(line)) {
    Lane& candidate = lane(key);
    const auto absent = absent_.find(key.source);
    if (absent != absent_.end() && absent->second > now) {
      found.looks_for = std::min(found.looks_for.value_or(absent->second), absent->second);
      continue;
    }
    if (candidate.next_start > now) {
      found.rate_opens = std::min(found.rate_opens.value_or(candidate.next_start), candidate.next_start);
      continue;
    }
    const bool has_slot = !slot_of_head.empty() && slot_of_head == candidate.row;
    const warmup::Ask wish{line.key.mail_class, std::max(1U, limits(key.provider).recipients_per_message), has_slot, 0, exempt};
    const auto answer = permit(key, wish);
    if (const auto* hold = std::get_if<warmup::Hold>(&answer)) {
      found.holds.emplace_back(key, *hold);
      if (!found.hold || warmup::ends_before(*hold, *found.hold)) found.hold = *hold, found.held_by = key;
      continue;
    }
    const auto& granted = std::get<warmup::Permit>(answer);
    found.permitted = true;
    std::uint64_t idle = 0;
    for (const auto id : line.idle) {
      if (conversations_.at(id).lane == key) idle = id;
    }
    if (idle == 0 && candidate.slots(limits(key.provider), now) == 0) {
      found.lanes.push_back(key);  // it waits for these; one that holds it has connections to spare and would call it at once
      continue;
    }
    slots.push_back({key, idle, granted.recipients, granted.probe, exempt});
    candidates.push_back({candidate.record.phase, warmup::left(candidate.record), idle != 0 ? 0 : candidate.open});
  }
  if (slots.empty()) return found;
  const Slot& best = slots[warmup::choose(candidates, class_of(line.key.mail_class).prefer)];
  const bool room = best.idle != 0 || conversations_.size() < (line.fresh ? conversations_at_once : conversations_of_old);
  if (room) found.slot = best;
  found.no_room = !room;
  return found;
}

void Books::stand_by(Line& line, const queue::LineRow& head, const Search& found) {
  const auto now = world_.calendar.now();
  if (found.no_room) {
    if (!wait_on_disk(line, slot_waiting_.size())) slot_waiting_.push_back(line.bytes);
    return;
  }
  if (found.permitted) {
    if (line.busy > 0 || found.lanes.empty()) return;  // the end of one of its own conversations serves it again
    std::size_t shortest = most_waiting_fresh;
    for (const auto& key : found.lanes) shortest = std::min(shortest, turns_.count(key, Wants::connection));
    if (wait_on_disk(line, shortest)) return;
    for (const auto& key : found.lanes) wait_for_lane(line, head, key);
    return;
  }
  if (found.rate_opens && (!found.hold || *found.rate_opens < found.hold->until)) {
    return lines_.sleep(line, *found.rate_opens);
  }
  if (!found.hold && found.looks_for) {
    note_absent(line);
    return lines_.sleep(line, *found.looks_for, queue::nobody_knows);
  }
  if (!found.hold) {  // no lane at all: a reload took those that had not failed
    line.failed_sources.clear();
    return lines_.sleep(line, now + no_lane);
  }
  Instant until = place_in_crowd(line, *found.hold, found.held_by);
  const Instant opens = found.hold->open_ended ? queue::nobody_knows : until;
  if (found.hold->settles) until = std::min(until, now + look_again);
  want_permit(line, head, found);
  note_hold(line, *found.hold, found.held_by);
  const Instant too_long = head.due + class_of(line.key.mail_class).max_wait + least_sleep;
  if (line.key.pin.empty() && too_long > now) until = std::min(until, too_long);
  for (const auto& sooner : {found.looks_again, found.looks_for, found.rate_opens})
    until = std::min(until, sooner.value_or(until));
  lines_.sleep(line, std::max(until, now + least_sleep), opens);
}

void Books::note_absent(Line& line) {
  for (const auto& key : lanes_of(line)) {
    if (absent_.contains(key.source)) note_reason(line, fmt::format("the address of {} is not on this host", key.source));
  }
}

void Books::note_reason(Line& line, std::string reason) {
  if (line.record.backoff > Duration(0) || line.record.reason == reason) return;
  line.record.reason = std::move(reason);
  line.record.said_by.clear();
  lines_.changed(line);
}

void Books::note_hold(Line& line, const warmup::Hold& hold, const LaneKey& key) {
  note_reason(line, warmup::sentence(hold.why, hold.overall ? total_text(key) : key.source + " to " + key.provider));
}

// `waiting`: how many lines already wait in memory for what this one wants. When they are too many it waits on disk, so that neither
// memory nor the lines of other destinations suffer; those on disk come back one after the other, at a rate that costs little.
bool Books::wait_on_disk(Line& line, std::size_t waiting) {
  const bool crowded = waiting >= (line.fresh ? most_waiting_fresh : most_waiting) || lines_.awake_count() > awake_at_all;
  if (!crowded || line.busy > 0 || !line.idle.empty()) return false;
  const auto earliest = world_.calendar.now() + away;
  if (return_at_ < earliest) {
    return_at_ = earliest;
    returns_ = 0;
  } else if (++returns_ == returns_a_millisecond) {
    return_at_ += Duration(1);
    returns_ = 0;
  }
  lines_.sleep(line, return_at_);
  return true;
}

void Books::wait_for_lane(Line& line, const queue::LineRow& head, const LaneKey& key) {
  turns_.enter(crowd_of(line, key, key, Wants::connection),
               {line.bytes, key, warmup::claim_of(turn_of(line.key, key, head.due))});
}

std::string Books::total_text(const LaneKey& key) const {
  const bool all = plans_->total(key.source) == warmup::Total::all;
  return (all ? "all mail by " : "all mail to unlisted sites by ") + key.source;
}

// Lanes that have a slot or a permit again serve those that wait for one.
void Books::offer_waiting() {
  const auto now = world_.calendar.now();
  for (const auto& key : std::exchange(offer_, {})) {
    const auto at = lanes_.find(key);
    if (at == lanes_.end()) continue;
    Lane& free_lane = at->second;
    if (free_lane.slots(limits(key.provider), now) == 0) continue;
    const std::string next = next_waiting(key);
    if (next.empty()) continue;
    turns_.leave(next);
    enqueue(lines_.open(next));
    offer_.insert(key);  // once that line is served, see whether the slot is still free
  }
  while (!slot_waiting_.empty() && conversations_.size() < conversations_of_old) {
    const std::string name = std::move(slot_waiting_.front());
    slot_waiting_.pop_front();
    enqueue(lines_.open(name));
    if (fresh_.size() + old_.size() + conversations_.size() >= conversations_at_once) break;
  }
}

}  // namespace mta
