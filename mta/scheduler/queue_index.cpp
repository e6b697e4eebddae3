#include "mta/scheduler/queue_index.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "mta/doors/tasks.h"
#include "queue/retry.h"

namespace mta {

using queue::Family;
using queue::QueueRow;

namespace {
constexpr Duration just_come = std::chrono::seconds(1);

bool is_counted(const queue::QueueKey& key) {
  return key.kind == queue::QueueKind::routed && !key.provider.starts_with("other:");
}
QueueGroup group_of_queue(const queue::QueueKey& key) { return {key.provider, key.mail_class, key.pool, key.bound_to}; }
}  // namespace

// Steps over the queues of unlisted destinations: one seek a pool.
void QueueIndex::count_groups() {
  const std::string first(1, static_cast<char>(queue::QueueKind::routed));
  const std::string end(1, static_cast<char>(static_cast<char>(queue::QueueKind::routed) + 1));
  std::string from = first;
  for (bool again = true; again;) {
    again = false;
    for (auto cursor = store_->scan(Family::queue, from, end); cursor.valid(); cursor.next()) {
      auto key = queue::QueueKey::decode(cursor.key());
      const auto record = queue::decode_queue_record(cursor.value());
      ENSURE(key && record);
      if (is_counted(*key)) {
        groups_[group_of_queue(*key)] += record->waiting;
        continue;
      }
      from = queue::QueueKey{key->kind, key->pool, "other;", "", "", ""}.encode();  // ';' sorts behind ':'
      again = true;
      break;
    }
  }
}

void QueueIndex::count(const Queue& queue, bool more) {
  if (!is_counted(queue.key)) return;
  const auto at = groups_.try_emplace(group_of_queue(queue.key)).first;
  ENSURE(more || at->second > 0);
  more ? ++at->second : --at->second;
  if (at->second == 0) groups_.erase(at);
}

Queue& QueueIndex::open(const std::string& bytes) {
  dirty_.insert(bytes);
  auto [at, created] = awake_.try_emplace(bytes);
  Queue& queue = at->second;
  queue.sleep_until.reset();
  if (!created) return queue;
  queue.bytes = bytes;
  auto key = queue::QueueKey::decode(bytes);
  ENSURE(key.has_value());
  queue.key = std::move(*key);
  const auto row = store_->get(Family::queue, bytes);
  if (!row) return queue;
  auto record = queue::decode_queue_record(*row);
  ENSURE(record.has_value());
  queue.record = std::move(*record);
  queue.stored = true;
  queue.stored_wake = queue.planned = queue.record.wake;
  queue.complete = queue.record.waiting == 0;
  queue.scan_from = {queue.record.low_water, {}};
  return queue;
}

const Queue& QueueIndex::look(const std::string& bytes) {
  if (const Queue* queue = awake(bytes)) return *queue;
  Queue& queue = open(bytes);
  if (queue.stored) queue.sleep_until = queue.stored_wake;  // leaves memory with the next write
  return queue;
}

Queue* QueueIndex::awake(const std::string& bytes) {
  const auto found = awake_.find(bytes);
  return found == awake_.end() ? nullptr : &found->second;
}

std::vector<std::string> QueueIndex::awake_queues() const {
  std::vector<std::string> names;
  for (const auto& [bytes, queue] : awake_) names.push_back(bytes);
  return names;
}

void QueueIndex::insert(queue::Batch& batch, Queue& queue, const QueueRow& row) {
  batch.put(Family::queue_row, queue::queue_row_key(queue.bytes, row), "");
  queue.record.low_water = queue.record.waiting == 0 ? row.due : std::min(queue.record.low_water, row.due);
  ++queue.record.waiting;
  count(queue, true);
  queue.dirty = true;
  dirty_.insert(queue.bytes);
  queue.unwritten = true;
  put_back(queue, row);
}

// A row enters the window when it sorts inside it, or at its end while nothing is left out behind it.
void QueueIndex::put_back(Queue& queue, const QueueRow& row) {
  if (queue.complete || (!queue.window.empty() && row < queue.window.back())) {
    queue.window.insert(std::lower_bound(queue.window.begin(), queue.window.end(), row), row);
    if (queue.window.size() > window_rows) {
      queue.scan_from = queue.window.back();
      queue.window.pop_back();
      queue.complete = false;
    } else if (queue.complete) {
      queue.scan_from = queue.window.back();
    }
  } else if (row < queue.scan_from) {
    queue.scan_from = row;  // the cursor is lowered by any insert below it
  }
  if (row.due >= queue.record.low_water) return;
  queue.record.low_water = row.due;
  queue.dirty = true;
  dirty_.insert(queue.bytes);
}

void QueueIndex::erase(queue::Batch& batch, Queue& queue, const QueueRow& row) {
  batch.single_erase(Family::queue_row, queue::queue_row_key(queue.bytes, row));
  ENSURE(queue.record.waiting > 0);
  --queue.record.waiting;
  count(queue, false);
  const auto at =
      std::lower_bound(queue.window.begin(), queue.window.end(), row);  // an operator's hand ends rows that were not popped
  if (at != queue.window.end() && *at == row) queue.window.erase(at);
  if (queue.record.waiting == 0) {
    queue.window.clear();
    queue.complete = true;
  }
  queue.dirty = true;
  queue.unwritten = true;
  dirty_.insert(queue.bytes);
}

void QueueIndex::undo_insert(Queue& queue, const QueueRow& row) {
  ENSURE(queue.record.waiting > 0);
  --queue.record.waiting;
  count(queue, false);
  const auto at = std::lower_bound(queue.window.begin(), queue.window.end(), row);
  if (at != queue.window.end() && *at == row) queue.window.erase(at);
  queue.stored = false;  // record and wake row, if there were any, were in that batch too: write or erase them anew
  queue.undone = true;
  queue.dirty = true;
  dirty_.insert(queue.bytes);
}

const QueueRow* QueueIndex::front(Queue& queue) {
  for (;;) {
    while (!queue.window.empty() && skip_(queue, queue.window.front().recipient)) queue.window.pop_front();
    if (!queue.window.empty()) return &queue.window.front();
    if (queue.complete || !refill(queue)) return nullptr;
  }
}

void QueueIndex::pop(Queue& queue) {
  ENSURE(!queue.window.empty());
  queue.window.pop_front();
}

bool QueueIndex::refill(Queue& queue) {
  if (queue.unwritten && !write_first_()) return false;
  auto cursor =
      store_->scan(Family::queue_row, queue::queue_row_key(queue.bytes, queue.scan_from), queue::queue_row_end(queue.bytes));
  bool first = true;
  for (; cursor.valid() && queue.window.size() < window_rows; cursor.next()) {
    const auto row = queue::decode_queue_row(queue.bytes, cursor.key());
    ENSURE(row.has_value());
    queue.scan_from = *row;
    if (skip_(queue, row->recipient)) continue;
    if (first && queue.busy == 0 && row->due > queue.record.low_water) queue.record.low_water = row->due;
    first = false;
    queue.window.push_back(*row);
  }
  queue.complete = !cursor.valid();
  return true;
}

// When it looks again it is not in memory, and its claim is that of mail due since `low_water`: so that is brought to its head.
void QueueIndex::sleep(Queue& queue, Instant until, Instant opens) {
  if (queue.busy == 0 && !queue.window.empty() && queue.window.front().due > queue.record.low_water) {
    queue.record.low_water = queue.window.front().due;
    queue.dirty = true;
  }
  queue.record.opens = opens;
  queue.sleep_until = queue.planned = until;
  dirty_.insert(queue.bytes);
}

void QueueIndex::close_site(Queue& queue, const std::string& reason, const std::string& said_by, Instant now) {
  queue.failed_sources.clear();
  if (now < queue.record.closed_until) return;  // another conversation of the same failure
  if (queue.record.backoff == Duration(0)) queue.record.closed_since = now;
  queue.record.backoff = queue::site_interval(queue.record.backoff);
  queue.record.closed_until = now + queue.record.backoff;
  queue.record.reason = reason;
  queue.record.said_by = said_by;
  changed(queue);
  spdlog::info("site {} closed for {} s: {}", queue.key.site.empty() ? queue.key.provider : queue.key.site,
               queue.record.backoff.count() / 1000, reason);
}

void QueueIndex::open_site(Queue& queue) {
  if (queue.record.backoff == Duration(0)) return;
  queue.record.backoff = Duration(0);
  queue.record.closed_until = queue.record.closed_since = Instant{};
  queue.record.reason.clear();
  queue.record.said_by.clear();
  changed(queue);
  spdlog::info("site {} answers again", queue.key.site.empty() ? queue.key.provider : queue.key.site);
}

void QueueIndex::note_reason(Queue& queue, std::string reason) {
  if (queue.record.backoff > Duration(0) || queue.record.reason == reason) return;
  queue.record.reason = std::move(reason);
  queue.record.said_by.clear();
  changed(queue);
}

void QueueIndex::store_record(queue::Batch& batch, Queue& queue, Instant now) {
  const Instant wake = queue.sleep_until.value_or(queue.stored ? std::min(queue.stored_wake, now) : now);
  if (queue.record.waiting == 0) {
    if (!queue.stored && !queue.undone) return;
    batch.erase(Family::queue, queue.bytes);
    batch.erase(Family::wake, queue::wake_key(queue.stored_wake, queue.bytes));
    queue.stored = queue.undone = false;
    return;
  }
  const auto key = queue::wake_key(wake, queue.bytes);
  if (queue.sleep_until) {
    wake_low_ = std::min(wake_low_, key);
    next_wake_ = std::min(next_wake_.value_or(wake), wake);
  }
  const bool moved = !queue.stored || wake != queue.stored_wake;
  if (!moved && !queue.dirty) return;
  if (moved) {
    if (queue.stored) batch.erase(Family::wake, queue::wake_key(queue.stored_wake, queue.bytes));
    batch.put(Family::wake, key, "");
  }
  queue.record.wake = wake;
  batch.put(Family::queue, queue.bytes, encode(queue.record));
  queue.stored = true;
  queue.undone = false;
  queue.stored_wake = wake;
}

void QueueIndex::flush(queue::Batch& batch, Instant now) {
  for (const auto& bytes : dirty_) {
    if (Queue* queue = awake(bytes)) {
      store_record(batch, *queue, now);
      queue->dirty = false;
    }
  }
}

void QueueIndex::written() {
  for (const auto& bytes : dirty_) {
    const auto at = awake_.find(bytes);
    if (at == awake_.end()) continue;
    Queue& queue = at->second;
    queue.unwritten = false;
    const bool in_use = queue.busy > 0 || !queue.idle.empty() || queue.queued || queue.routing || queue.in_hand;
    if (!in_use && (queue.sleep_until || queue.record.waiting == 0)) awake_.erase(at);
  }
  dirty_.clear();
}

// Adds what is due from `from` on until there are `most`; returns where it ended.
std::string QueueIndex::collect_due(const std::string& from, Instant now, std::size_t most, std::vector<queue::Wake>& due) {
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
    const Queue* in_memory = awake(wake->queue);
    if (in_memory == nullptr || in_memory->sleep_until.value_or(Instant::max()) <= now) due.push_back(std::move(*wake));
  }
  return passed;
}

// Each row is passed once: the next scan begins at the first that was left, not at those of queues that are awake meanwhile, nor at
// the tombstones of those that went to sleep again (queue/STORE.md). When more are overdue than may wake, a quarter of the places goes
// to those whose time has just come: a retry is not late because a million dead destinations are.
std::vector<Queue*> QueueIndex::wake_due(queue::Batch& batch, Instant now, std::size_t most) {
  std::vector<queue::Wake> due;
  const std::size_t places = most - most / 4;
  next_wake_.reset();
  wake_low_ = collect_due(wake_low_, now, places, due);
  if (due.size() == places) collect_due(std::max(wake_low_, queue::wake_key(now - just_come, "")), now, most, due);
  std::vector<Queue*> woken;
  for (const auto& wake : due) {
    Queue& queue = open(wake.queue);
    if (!queue.stored || queue.stored_wake != wake.at) {  // left by a batch that found no room: no record points to it
      batch.erase(Family::wake, queue::wake_key(wake.at, wake.queue));
    }
    woken.push_back(&queue);
  }
  return woken;
}

}  // namespace mta
