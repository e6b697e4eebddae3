#include "mta/books/scheduler.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "mta/tasks.h"

namespace mta {

using queue::Family;
using queue::LineKind;

namespace {
constexpr std::size_t awake_from_disk = 2000;  // lines woken by their time; new mail may wake more
constexpr std::size_t turns_at_once = 1000;    // of one line's head; then others have theirs
constexpr std::size_t lines_looked_at = 200;   // at once, by look_at_held()
}  // namespace

void Scheduler::enqueue(Line& line) {
  if (line.queued) return;
  line.queued = true;
  (line.fresh ? fresh_ : old_).push_back(line.bytes);
  precedence_.want_turn(line);
}

void Scheduler::run_ready() {
  if (state_.stopping) return;
  offer_waiting();
  for (;;) {
    while (!state_.transaction.full() && run_next()) {
    }
    if (state_.transaction.full()) return;
    const auto before = old_.size();
    wake_lines();
    if (old_.size() == before) return;
  }
}

// One line has its turn: the next one, or one with a stronger claim to what the next one would be given.
bool Scheduler::run_next() {
  if (fresh_.empty() && old_.empty()) return false;
  const bool from_fresh = old_.empty() || (fresh_first_ && !fresh_.empty());
  auto& lines = from_fresh ? fresh_ : old_;
  std::string name = std::move(lines.front());
  lines.pop_front();
  fresh_first_ = !from_fresh;
  Line* line = state_.lines.awake(name);
  if (line == nullptr) return true;
  const auto drop = [this](const Line& of) {
    for (auto* queue : {&fresh_, &old_}) std::erase(*queue, of.bytes);
  };
  // Lines that could not use the turn, for what another gate says. Asked twice, such a line and this one would give way for ever.
  std::set<std::string> in_vain;
  while (Line* stronger = run(*line, false)) {
    lines.push_front(name);
    precedence_.want_turn(*line);
    if (stronger->queued) drop(*stronger);
    const unsigned busy = stronger->busy;
    const Line* none = run(*stronger, true);
    ENSURE(none == nullptr);
    if (stronger->busy > busy) {
      line = stronger;
      break;
    }
    drop(*line);
    if (in_vain.insert(stronger->bytes).second) continue;
    none = run(*line, true);
    ENSURE(none == nullptr);
    break;
  }
  state_.lines.touch(*line);
  precedence_.pass_turn_on(*line);
  offer_waiting();
  return true;
}

void Scheduler::wake_lines() {
  if (state_.stopping || state_.transaction.full() || state_.lines.awake_count() >= awake_from_disk) return;
  const auto now = state_.now();
  if (!state_.lines.next_wake() || *state_.lines.next_wake() > now) return;
  for (Line* line : state_.lines.wake_due(state_.transaction.batch(), now, awake_from_disk - state_.lines.awake_count()))
    enqueue(*line);
}

std::optional<Instant> Scheduler::next_wake() const {
  if (state_.stopping || state_.lines.awake_count() >= awake_from_disk) return std::nullopt;
  return state_.lines.next_wake();
}

// A turn of a line that was queued. Returns the line that should have it instead, and leaves this one as it was; a preferred one has it
// in any case.
Line* Scheduler::run(Line& line, bool preferred) {
  const auto now = state_.now();
  line.queued = true;  // for itself, as long as this takes
  line.in_hand = true;
  precedence_.leave(line);
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
    precedence_.want_turn(line);
    return rest();
  };
  for (std::size_t turns = 0;; ++turns) {
    const queue::LineRow* head = state_.lines.front(line);
    if (head == nullptr) return state_.transaction.full() ? again(true) : over();  // no space: nobody knows what follows
    if (turns == turns_at_once) return state_.inbox->put([this, name = line.bytes] { enqueue(state_.lines.open(name)); }), over();
    if (head->due > now) return state_.lines.sleep(line, head->due), over();
    if (state_.mail.set_aside_head(line, *head)) continue;
    if (line.key.kind == LineKind::damaged) return state_.lines.sleep(line, now + std::chrono::hours(24)), over();
    if (line.key.kind == LineKind::unrouted) {
      line.queued = false;  // it queues itself when there is more than one turn's worth
      return routing_.run(line), rest();
    }
    if (line.key.kind == LineKind::returning) return returns_.run(line), over();
    if (held_.release(line, *head) || held_.bounce_blocked(line, *head)) continue;
    if (line.key.kind == LineKind::exempt && held_.refile(line, *head)) continue;
    if (line.record.backoff > Duration(0)) {
      if (held_.expire(line, *head)) continue;
      if (line.record.closed_until > now) return state_.lines.sleep(line, line.record.closed_until), over();
      if (line.busy > 0) return over();  // one probe
    }
    if (held_.wait_for_sender(line, *head)) continue;
    Search found = look_for_lane(line, *head);
    if (found.slot) {
      const LaneKey key = found.slot->key;
      const bool braked = state_.lanes.at(key).record.brake.state != warmup::Brake::none;
      const bool scarce = braked || (state_.lanes.is_scarce(key) && !found.slot->exempt);
      if (scarce) precedence_.note_grant(line, key, found.slot->probe);
      if (scarce && !preferred) {
        if (Line* stronger = precedence_.stronger_than(line, *head, key)) return rest(), stronger;
      }
      attempts_.start(line, *found.slot);
      if (!scarce) continue;
      return again(false);  // the next message in its next turn
    }
    const bool held = found.hold && !found.permitted && !found.rate_opens;
    if (!held || !held_.resolve(line, *head, found)) return wait_for_permit(line, *head, found), over();
  }
}

// After a reload or an operator's hand what was held may go now. Lines that sleep are many, so some are looked at in each step, from the
// first to the last, `most` in all; those that wait for a time (a retry, a site) go on sleeping. The next walk begins anew.
void Scheduler::look_at_held(std::size_t most) { look_at_held("", ++walks_, most); }

void Scheduler::look_at_held(const std::string& from, std::uint64_t walk, std::size_t most) {
  if (walk != walks_ || state_.stopping) return;
  const auto now = state_.now();
  std::size_t seen = 0;
  std::string name;
  for (auto cursor = state_.store->scan(Family::lines, from, ""); cursor.valid(); cursor.next()) {
    name = cursor.key();
    if (seen++ == lines_looked_at) {
      state_.inbox->put([this, name, walk, most] { look_at_held(name, walk, most); });
      return;
    }
    const auto record = queue::decode_line_record(cursor.value());
    ENSURE(record.has_value());
    const bool held = record->wake > now && record->low_water <= now && record->backoff == Duration(0) && !record->reason.empty();
    if (held && most-- == 0) return;
    if (held) enqueue(state_.lines.open(name));
  }
}

}  // namespace mta
