// The second verb: take. Lines whose head may go are served in turn.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/books/survey.h"
#include "mta/tasks.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;
using queue::LineKind;

namespace {
constexpr std::size_t awake_from_disk = 2000;  // lines woken by their time; new mail may wake more
constexpr std::size_t turns_at_once = 1000;    // of one line's head; then others have theirs
}  // namespace

void Books::enqueue(Line& line) {
  if (line.queued) return;
  line.queued = true;
  (line.fresh ? fresh_ : old_).push_back(line.bytes);
  want_turn(line);
}

void Books::pump() {
  if (stopping_) return;
  for (;;) {
    while (!full_ && serve_next()) {
    }
    if (full_) return;
    const auto before = old_.size();
    wake_lines();
    if (old_.size() == before) return;
  }
}

// One line has its turn: the next one, or one with a stronger claim to what the next one would be given.
bool Books::serve_next() {
  if (fresh_.empty() && old_.empty()) return false;
  const bool from_fresh = old_.empty() || (fresh_first_ && !fresh_.empty());
  auto& lines = from_fresh ? fresh_ : old_;
  std::string name = std::move(lines.front());
  lines.pop_front();
  fresh_first_ = !from_fresh;
  Line* line = lines_.awake(name);
  if (line == nullptr) return true;
  const auto drop = [this](const Line& of) {
    for (auto* queue : {&fresh_, &old_}) std::erase(*queue, of.bytes);
  };
  // Lines that could not use the turn, for what another gate says. Asked twice, such a line and this one would give way for ever.
  std::set<std::string> in_vain;
  while (Line* stronger = serve(*line, false)) {
    lines.push_front(name);
    want_turn(*line);
    if (stronger->queued) drop(*stronger);
    const unsigned busy = stronger->busy;
    const Line* none = serve(*stronger, true);
    ENSURE(none == nullptr);
    if (stronger->busy > busy) {
      line = stronger;
      break;
    }
    drop(*line);
    if (in_vain.insert(stronger->bytes).second) continue;
    none = serve(*line, true);
    ENSURE(none == nullptr);
    break;
  }
  lines_.touch(*line);
  pass_turn_on(*line);
  offer_waiting();
  return true;
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

// A turn of a line that was queued. Returns the line that should have it instead, and leaves this one as it was; a preferred one has it
// in any case.
Line* Books::serve(Line& line, bool preferred) {
  const auto now = world_.calendar.now();
  line.queued = true;  // for itself, as long as this takes
  line.in_hand = true;
  turns_.leave(line.bytes);
  const auto rest = [&line]() -> Line* {
    line.in_hand = false;
    return nullptr;
  };
  const auto over = [&line, &rest] {
    line.queued = false;
    return rest();
  };
  const auto again = [this, &line, &rest](bool next) {
    auto& lines = line.fresh ? fresh_ : old_;
    next ? lines.push_front(line.bytes) : lines.push_back(line.bytes);
    want_turn(line);
    return rest();
  };
  for (std::size_t turns = 0;; ++turns) {
    const queue::LineRow* head = lines_.front(line);
    if (head == nullptr) return full_ ? again(true) : over();  // no space: nobody knows what follows
    if (turns == turns_at_once) return inbox_->put([this, name = line.bytes] { enqueue(lines_.open(name)); }), over();
    if (head->due > now) return lines_.sleep(line, head->due), over();
    if (set_aside_head(line, *head)) continue;
    if (line.key.kind == LineKind::damaged) return lines_.sleep(line, now + std::chrono::hours(24)), over();
    if (line.key.kind == LineKind::unrouted) {
      line.queued = false;  // it queues itself when there is more than one turn's worth
      return serve_unrouted(line), rest();
    }
    if (line.key.kind == LineKind::returning) return serve_returning(line), over();
    if (release_pin(line, *head) || bounce_blocked(line, *head)) continue;
    if (line.key.kind == LineKind::exempt && refile(line, *head)) continue;
    if (line.record.backoff > Duration(0)) {
      if (expire_head(line, *head)) continue;
      if (line.record.closed_until > now) return lines_.sleep(line, line.record.closed_until), over();
      if (line.busy > 0) return over();  // one probe
    }
    if (is_withheld(line, *head)) continue;
    Search found = look_for_lane(line, *head);
    if (found.slot) {
      const LaneKey key = found.slot->key;
      const bool braked = lane(key).record.brake.state != warmup::Brake::none;
      const bool scarce = braked || (is_scarce(key) && !found.slot->exempt);
      if (scarce) note_grant(line, key, found.slot->probe);
      if (scarce && !preferred) {
        if (Line* stronger = stronger_than(line, *head, key)) return rest(), stronger;
      }
      give(line, *found.slot);
      if (!scarce) continue;
      return again(false);  // the next message in its next turn
    }
    const bool held = found.hold && !found.permitted && !found.rate_opens;
    if (!held || !relieve(line, *head, found)) return stand_by(line, *head, found), over();
  }
}

const conf::Pool* Books::pool_of(const std::string& name) const { return pool_in(*policy_.config, name); }

std::vector<LaneKey> Books::lanes_of(const Line& line) const {
  const auto& config = *policy_.config;
  std::vector<LaneKey> lanes;
  if (!line.key.pin.empty()) {
    const auto* source = config.source(line.key.pin);
    if (source != nullptr) lanes.push_back({line.key.pin, source->is_smarthost() ? "*" : line.key.provider});
    return lanes;
  }
  const conf::Pool* pool = pool_of(line.key.pool);
  if (pool == nullptr) return lanes;
  for (const auto& name : pool->sources) {
    const auto* source = config.source(name);
    if (source == nullptr || line.failed_sources.contains(name)) continue;
    lanes.push_back({name, source->is_smarthost() ? "*" : line.key.provider});
  }
  return lanes;
}

}  // namespace mta
