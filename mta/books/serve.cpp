// The second verb: take. Lines whose head may go are served in turn; each take is written before its conversation begins.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/tasks.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;
using queue::LineKind;

namespace {
constexpr std::size_t conversations_at_once = 400;
constexpr std::size_t conversations_of_old = 300;  // the rest is for mail that just came
constexpr std::size_t awake_from_disk = 2000;      // lines woken by their time; new mail may wake more
constexpr std::size_t awake_at_all = 8000;
constexpr std::size_t most_waiting = 500;         // lines in memory that wait for one thing (a slot, a lane, a look-up) …
constexpr std::size_t most_waiting_fresh = 4000;  // … and with mail that just came
constexpr Duration away = std::chrono::seconds(5);
constexpr unsigned returns_a_millisecond = 2;
constexpr Duration pin_longest = std::chrono::hours(24);
}  // namespace

void Books::enqueue(Line& line) {
  if (line.queued) return;
  line.queued = true;
  (line.fresh ? fresh_ : old_).push_back(line.bytes);
}

void Books::pump() {
  if (stopping_) return;
  bool fresh_first = true;
  for (;;) {
    while ((!fresh_.empty() || !old_.empty()) && !full_) {
      const bool from_fresh = old_.empty() || (fresh_first && !fresh_.empty());
      auto& lines = from_fresh ? fresh_ : old_;
      const std::string name = std::move(lines.front());
      lines.pop_front();
      fresh_first = !fresh_first;
      Line* line = lines_.awake(name);
      if (line == nullptr) continue;
      serve(*line);
      line->queued = false;
      lines_.touch(*line);
      offer_waiting();
    }
    if (full_) return;
    const auto before = old_.size();
    wake_lines();
    if (old_.size() == before) return;
  }
}

void Books::wake_lines() {
  if (stopping_ || full_ || lines_.awake_count() >= awake_from_disk) return;
  const auto now = world_.calendar.now();
  if (!lines_.next_wake() || *lines_.next_wake() > now) return;
  for (Line* line : lines_.wake_due(batch_, now, awake_from_disk - lines_.awake_count())) enqueue(*line);
}

void Books::arm_wake() {
  if (stopping_ || lines_.awake_count() >= awake_from_disk) return;
  if (const auto next = lines_.next_wake()) wake_alarm_->set(*next);
}

void Books::serve(Line& line) {
  const auto now = world_.calendar.now();
  for (;;) {
    const queue::LineRow* head = lines_.front(line);
    if (head == nullptr) return;
    if (head->due > now) return lines_.sleep(line, head->due);
    if (line.key.kind == LineKind::unrouted) return serve_unrouted(line);
    if (line.key.kind == LineKind::returning) return serve_returning(line);
    if (line.record.backoff > Duration(0)) {
      if (expire_head(line, *head)) continue;
      if (line.record.closed_until > now) return lines_.sleep(line, line.record.closed_until);
      if (line.busy > 0) return;  // one probe
    }
    if (release_pin(line, *head)) continue;
    const auto slot = find_slot(line);
    if (!slot) return;
    give(line, *slot);
  }
}

std::vector<LaneKey> Books::lanes_of(const Line& line) const {
  const auto& config = *policy_.config;
  std::vector<LaneKey> lanes;
  if (!line.key.pin.empty()) {
    if (config.source(line.key.pin) != nullptr) lanes.push_back({line.key.pin, line.key.provider});
    return lanes;
  }
  const conf::Pool* pool = config.pool(line.key.pool);
  if (pool == nullptr) pool = config.pool("default");
  if (pool == nullptr && !config.pools.empty()) pool = &config.pools.front();
  if (pool == nullptr) return lanes;
  for (const auto& name : pool->sources) {
    const auto* source = config.source(name);
    if (source == nullptr || line.failed_sources.contains(name)) continue;
    lanes.push_back({name, source->is_smarthost() ? "*" : line.key.provider});
  }
  return lanes;
}

// A conversation that waits for more of this line, else the lane with the fewest open ones that has a slot.
std::optional<Books::Slot> Books::find_slot(Line& line) {
  const auto now = world_.calendar.now();
  const auto keys = lanes_of(line);
  std::optional<Slot> best;
  unsigned fewest = 0;
  std::optional<Instant> rate_opens;
  for (const auto& key : keys) {
    Lane& candidate = lane(key);
    candidate.ledger.roll(now);
    if (candidate.next_start > now) {
      rate_opens = std::min(rate_opens.value_or(candidate.next_start), candidate.next_start);
      continue;
    }
    for (const auto id : line.idle) {
      if (conversations_.at(id).lane == key) return Slot{key, id};
    }
    const bool more = candidate.slots(limits(key.provider), now) > 0;
    if (more && (!best || candidate.open < fewest)) {
      best = Slot{key, 0};
      fewest = candidate.open;
    }
  }
  if (best) {
    const bool room = conversations_.size() < (line.fresh ? conversations_at_once : conversations_of_old);
    if (room) return best;
    if (!wait_on_disk(line, slot_waiting_.size())) slot_waiting_.push_back(line.bytes);
    return std::nullopt;
  }
  if (rate_opens) {
    lines_.sleep(line, *rate_opens);
  } else if (line.busy == 0 && !keys.empty()) {  // else the end of one of its own conversations serves it again
    std::size_t shortest = most_waiting_fresh;
    for (const auto& key : keys) shortest = std::min(shortest, lane(key).waiting.size());
    if (wait_on_disk(line, shortest)) return std::nullopt;
    for (const auto& key : keys) wait_for_lane(line, lane(key));
  }
  return std::nullopt;
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

void Books::wait_for_lane(Line& line, Lane& lane) {
  if (std::find(lane.waiting.begin(), lane.waiting.end(), line.bytes) == lane.waiting.end()) lane.waiting.push_back(line.bytes);
}

// Lanes that have a slot again serve those that wait for one, first come first served.
void Books::offer_waiting() {
  const auto now = world_.calendar.now();
  for (const auto& key : std::exchange(offer_, {})) {
    const auto at = lanes_.find(key);
    if (at == lanes_.end()) continue;
    Lane& free_lane = at->second;
    if (free_lane.waiting.empty() || free_lane.slots(limits(key.provider), now) == 0) continue;
    const std::string name = std::move(free_lane.waiting.front());
    free_lane.waiting.pop_front();
    enqueue(lines_.open(name));
    offer_.insert(key);  // once that line is served, see whether the slot is still free
  }
  while (!slot_waiting_.empty() && conversations_.size() < conversations_of_old) {
    const std::string name = std::move(slot_waiting_.front());
    slot_waiting_.pop_front();
    enqueue(lines_.open(name));
    if (fresh_.size() + old_.size() + conversations_.size() >= conversations_at_once) break;
  }
}

// Rows of one message and one domain from the head of the line, with their open attempts written.
void Books::take_rows(Line& line, std::uint64_t id_of_conversation, std::size_t most) {
  Conversation& conversation = conversations_.at(id_of_conversation);
  auto& taken = conversation.taken;
  taken.clear();
  const auto now = world_.calendar.now();
  std::optional<queue::MessageId> id;
  std::string domain;
  while (taken.size() < most) {
    const queue::LineRow* row = lines_.front(line);
    if (row == nullptr || row->due > now || (id && row->recipient.message != *id)) break;
    auto found = recipient(row->recipient);
    ENSURE(found.has_value());
    if (id && domain_of(found->address) != domain) break;
    id = row->recipient.message;
    domain = domain_of(found->address);
    const AttemptRow attempt{row->due, now + queue::retry_interval(policy_.config->retry, found->attempts + 1, 0.5),
                             conversation.lane.source, conversation.lane.provider, line.bytes};
    batch_.put(Family::attempt, queue::recipient_key(row->recipient), encode(attempt));
    in_flight_[row->recipient] = {id_of_conversation, std::nullopt, {}, {}};
    taken.emplace_back(Addressee{row->recipient.number, std::move(*found)}, row->due);
    lines_.pop(line);
  }
  ENSURE(id.has_value());
  conversation.message = message(*id);
  ENSURE(conversation.message != nullptr);
}

void Books::give(Line& line, const Slot& slot) {
  const auto now = world_.calendar.now();
  const auto config = policy_.config;
  const auto id = slot.idle != 0 ? slot.idle : next_conversation_++;
  Conversation& conversation = conversations_[id];
  Lane& chosen = lane(slot.key);
  const auto& provider = limits(slot.key.provider);
  if (slot.idle == 0) {
    ++chosen.open;
    conversation.lane = slot.key;
    conversation.line = line.bytes;
    conversation.config = config;
  } else {
    std::erase(line.idle, slot.idle);
  }
  if (provider.rate > 0) {
    chosen.next_start = now + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1.0 / provider.rate));
  }
  take_rows(line, id, std::max(1U, provider.recipients_per_message));
  ++line.busy;
  ++conversation.messages;

  Assignment assignment;
  assignment.conversation = id;
  assignment.config = conversation.config;
  assignment.source = conversation.config->source(slot.key.source);
  ENSURE(assignment.source != nullptr);
  assignment.line = line.key;
  assignment.taken = now;
  for (auto& [addressee, due] : conversation.taken) assignment.addressees.push_back(addressee);
  chosen.ledger.reserve(conversation.taken.size());
  dirty_lanes_.insert(slot.key);
  assignment.message = conversation.message;
  if (slot.idle != 0) {
    effects_.push_back([asker = std::move(*std::exchange(conversation.idle, {})), assignment = std::move(assignment)]() mutable {
      answer<std::optional<Assignment>>(std::move(asker), std::move(assignment));
    });
  } else {
    effects_.push_back([this, assignment = std::move(assignment)]() mutable { hooks_.converse(std::move(assignment)); });
  }
}

}  // namespace mta
