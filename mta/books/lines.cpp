#include "mta/books/lines.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "mta/tasks.h"
#include "queue/retry.h"

namespace mta {

using queue::Family;
using queue::LineRow;

namespace {
constexpr Duration just_come = std::chrono::seconds(1);

bool is_counted(const queue::LineKey& key) { return key.kind == queue::LineKind::routed && !key.provider.starts_with("other:"); }
LineForPeople line_of(const queue::LineKey& key) { return {key.provider, key.mail_class, key.pool, key.pin}; }
}  // namespace

// Steps over the lines of unlisted destinations: one seek a pool.
void Lines::count_for_people() {
  const std::string first(1, static_cast<char>(queue::LineKind::routed));
  const std::string end(1, static_cast<char>(static_cast<char>(queue::LineKind::routed) + 1));
  std::string from = first;
  for (bool again = true; again;) {
    again = false;
    for (auto cursor = store_->scan(Family::lines, from, end); cursor.valid(); cursor.next()) {
      auto key = queue::LineKey::decode(cursor.key());
      const auto record = queue::decode_line_record(cursor.value());
      ENSURE(key && record);
      if (is_counted(*key)) {
        for_people_[line_of(*key)] += record->waiting;
        continue;
      }
      from = queue::LineKey{key->kind, key->pool, "other;", "", "", ""}.encode();  // ';' sorts behind ':'
      again = true;
      break;
    }
  }
}

void Lines::count(const Line& line, bool more) {
  if (!is_counted(line.key)) return;
  const auto at = for_people_.try_emplace(line_of(line.key)).first;
  ENSURE(more || at->second > 0);
  more ? ++at->second : --at->second;
  if (at->second == 0) for_people_.erase(at);
}

Line& Lines::open(const std::string& bytes) {
  dirty_.insert(bytes);
  auto [at, created] = awake_.try_emplace(bytes);
  Line& line = at->second;
  line.sleep_until.reset();
  if (!created) return line;
  line.bytes = bytes;
  auto key = queue::LineKey::decode(bytes);
  ENSURE(key.has_value());
  line.key = std::move(*key);
  const auto row = store_->get(Family::lines, bytes);
  if (!row) return line;
  auto record = queue::decode_line_record(*row);
  ENSURE(record.has_value());
  line.record = std::move(*record);
  line.stored = true;
  line.stored_wake = line.planned = line.record.wake;
  line.complete = line.record.waiting == 0;
  line.scan_from = {line.record.low_water, {}};
  return line;
}

const Line& Lines::look(const std::string& bytes) {
  if (const Line* line = awake(bytes)) return *line;
  Line& line = open(bytes);
  if (line.stored) line.sleep_until = line.stored_wake;  // leaves memory with the next write
  return line;
}

Line* Lines::awake(const std::string& bytes) {
  const auto found = awake_.find(bytes);
  return found == awake_.end() ? nullptr : &found->second;
}

std::vector<std::string> Lines::awake_lines() const {
  std::vector<std::string> names;
  for (const auto& [bytes, line] : awake_) names.push_back(bytes);
  return names;
}

void Lines::insert(queue::Batch& batch, Line& line, const LineRow& row) {
  batch.put(Family::line, queue::line_row_key(line.bytes, row), "");
  line.record.low_water = line.record.waiting == 0 ? row.due : std::min(line.record.low_water, row.due);
  ++line.record.waiting;
  count(line, true);
  line.dirty = true;
  dirty_.insert(line.bytes);
  line.unwritten = true;
  put_back(line, row);
}

// A row enters the window when it sorts inside it, or at its end while nothing is left out behind it.
void Lines::put_back(Line& line, const LineRow& row) {
  if (line.complete || (!line.window.empty() && row < line.window.back())) {
    line.window.insert(std::lower_bound(line.window.begin(), line.window.end(), row), row);
    if (line.window.size() > window_rows) {
      line.scan_from = line.window.back();
      line.window.pop_back();
      line.complete = false;
    } else if (line.complete) {
      line.scan_from = line.window.back();
    }
  } else if (row < line.scan_from) {
    line.scan_from = row;  // the cursor is lowered by any insert below it
  }
  if (row.due >= line.record.low_water) return;
  line.record.low_water = row.due;
  line.dirty = true;
  dirty_.insert(line.bytes);
}

void Lines::erase(queue::Batch& batch, Line& line, const LineRow& row) {
  batch.single_erase(Family::line, queue::line_row_key(line.bytes, row));
  ENSURE(line.record.waiting > 0);
  --line.record.waiting;
  count(line, false);
  const auto at =
      std::lower_bound(line.window.begin(), line.window.end(), row);  // an operator's hand ends rows that were not popped
  if (at != line.window.end() && *at == row) line.window.erase(at);
  if (line.record.waiting == 0) {
    line.window.clear();
    line.complete = true;
  }
  line.dirty = true;
  line.unwritten = true;
  dirty_.insert(line.bytes);
}

void Lines::undo_insert(Line& line, const LineRow& row) {
  ENSURE(line.record.waiting > 0);
  --line.record.waiting;
  count(line, false);
  const auto at = std::lower_bound(line.window.begin(), line.window.end(), row);
  if (at != line.window.end() && *at == row) line.window.erase(at);
  line.stored = false;  // record and wake row, if there were any, were in that batch too: write or erase them anew
  line.undone = true;
  line.dirty = true;
  dirty_.insert(line.bytes);
}

const LineRow* Lines::front(Line& line) {
  for (;;) {
    while (!line.window.empty() && skip_(line, line.window.front().recipient)) line.window.pop_front();
    if (!line.window.empty()) return &line.window.front();
    if (line.complete || !refill(line)) return nullptr;
  }
}

void Lines::pop(Line& line) {
  ENSURE(!line.window.empty());
  line.window.pop_front();
}

bool Lines::refill(Line& line) {
  if (line.unwritten && !write_first_()) return false;
  auto cursor = store_->scan(Family::line, queue::line_row_key(line.bytes, line.scan_from), queue::line_row_end(line.bytes));
  bool first = true;
  for (; cursor.valid() && line.window.size() < window_rows; cursor.next()) {
    const auto row = queue::decode_line_row(line.bytes, cursor.key());
    ENSURE(row.has_value());
    line.scan_from = *row;
    if (skip_(line, row->recipient)) continue;
    if (first && line.busy == 0 && row->due > line.record.low_water) line.record.low_water = row->due;
    first = false;
    line.window.push_back(*row);
  }
  line.complete = !cursor.valid();
  return true;
}

void Lines::sleep(Line& line, Instant until, Instant opens) {
  line.record.opens = opens;
  line.sleep_until = line.planned = until;
  dirty_.insert(line.bytes);
}

void Lines::close_site(Line& line, const std::string& reason, const std::string& said_by, Instant now) {
  line.failed_sources.clear();
  if (now < line.record.closed_until) return;  // another conversation of the same failure
  if (line.record.backoff == Duration(0)) line.record.closed_since = now;
  line.record.backoff = queue::site_interval(line.record.backoff);
  line.record.closed_until = now + line.record.backoff;
  line.record.reason = reason;
  line.record.said_by = said_by;
  changed(line);
  spdlog::info("site {} closed for {} s: {}", line.key.site.empty() ? line.key.provider : line.key.site,
               line.record.backoff.count() / 1000, reason);
}

void Lines::open_site(Line& line) {
  if (line.record.backoff == Duration(0)) return;
  line.record.backoff = Duration(0);
  line.record.closed_until = line.record.closed_since = Instant{};
  line.record.reason.clear();
  line.record.said_by.clear();
  changed(line);
  spdlog::info("site {} answers again", line.key.site.empty() ? line.key.provider : line.key.site);
}

void Lines::note_reason(Line& line, std::string reason) {
  if (line.record.backoff > Duration(0) || line.record.reason == reason) return;
  line.record.reason = std::move(reason);
  line.record.said_by.clear();
  changed(line);
}

void Lines::store_record(queue::Batch& batch, Line& line, Instant now) {
  const Instant wake = line.sleep_until.value_or(line.stored ? std::min(line.stored_wake, now) : now);
  if (line.record.waiting == 0) {
    if (!line.stored && !line.undone) return;
    batch.erase(Family::lines, line.bytes);
    batch.erase(Family::wake, queue::wake_key(line.stored_wake, line.bytes));
    line.stored = line.undone = false;
    return;
  }
  const auto key = queue::wake_key(wake, line.bytes);
  if (line.sleep_until) {
    wake_low_ = std::min(wake_low_, key);
    next_wake_ = std::min(next_wake_.value_or(wake), wake);
  }
  const bool moved = !line.stored || wake != line.stored_wake;
  if (!moved && !line.dirty) return;
  if (moved) {
    if (line.stored) batch.erase(Family::wake, queue::wake_key(line.stored_wake, line.bytes));
    batch.put(Family::wake, key, "");
  }
  line.record.wake = wake;
  batch.put(Family::lines, line.bytes, encode(line.record));
  line.stored = true;
  line.undone = false;
  line.stored_wake = wake;
}

void Lines::flush(queue::Batch& batch, Instant now) {
  for (const auto& bytes : dirty_) {
    if (Line* line = awake(bytes)) {
      store_record(batch, *line, now);
      line->dirty = false;
    }
  }
}

void Lines::written() {
  for (const auto& bytes : dirty_) {
    const auto at = awake_.find(bytes);
    if (at == awake_.end()) continue;
    Line& line = at->second;
    line.unwritten = false;
    const bool in_use = line.busy > 0 || !line.idle.empty() || line.queued || line.routing || line.in_hand;
    if (!in_use && (line.sleep_until || line.record.waiting == 0)) awake_.erase(at);
  }
  dirty_.clear();
}

// Adds what is due from `from` on until there are `most`; returns where it ended.
std::string Lines::collect_due(const std::string& from, Instant now, std::size_t most, std::vector<queue::Wake>& due) {
  std::string passed = from;
  auto cursor = store_->scan(Family::wake, from, std::string(9, '\xFF'));
  for (; cursor.valid(); cursor.next()) {
    auto wake = queue::decode_wake(cursor.key());
    ENSURE(wake.has_value());
    passed = cursor.key();
    if (wake->at > now || due.size() == most) {
      next_wake_ = std::min(next_wake_.value_or(wake->at), wake->at);
      break;
    }
    const Line* in_memory = awake(wake->line);
    if (in_memory == nullptr || in_memory->sleep_until.value_or(Instant::max()) <= now) due.push_back(std::move(*wake));
  }
  return passed;
}

// Each row is passed once: the next scan begins at the first that was left, not at those of lines that are awake meanwhile, nor at
// the tombstones of those that went to sleep again (queue/STORE.md). When more are overdue than may wake, a quarter of the places goes
// to those whose time has just come: a retry is not late because a million dead destinations are.
std::vector<Line*> Lines::wake_due(queue::Batch& batch, Instant now, std::size_t most) {
  std::vector<queue::Wake> due;
  const std::size_t places = most - most / 4;
  next_wake_.reset();
  wake_low_ = collect_due(wake_low_, now, places, due);
  if (due.size() == places) collect_due(std::max(wake_low_, queue::wake_key(now - just_come, "")), now, most, due);
  std::vector<Line*> woken;
  for (const auto& wake : due) {
    Line& line = open(wake.line);
    if (!line.stored || line.stored_wake != wake.at) {  // left by a batch that found no room: no record points to it
      batch.erase(Family::wake, queue::wake_key(wake.at, wake.line));
    }
    woken.push_back(&line);
  }
  return woken;
}

}  // namespace mta
