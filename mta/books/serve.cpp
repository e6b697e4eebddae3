// The second verb: take. Lines whose head may go are served in turn.
#include <spdlog/spdlog.h>

#include <algorithm>

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
    if (is_withheld(line, *head)) continue;
    const Search found = look_for_lane(line, *head);
    if (found.slot) {
      give(line, *found.slot);
    } else if (!found.hold || !relieve(line, *head, *found.hold)) {
      return stand_by(line, found);
    }
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
