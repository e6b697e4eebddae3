#include "queue/queue_index.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "queue/ensure.h"
#include "queue/site_backoff.h"

namespace queue {

namespace {
constexpr Duration just_come = std::chrono::seconds(1);

}  // namespace

void QueueIndex::count(const Queue& queue, bool more) {
  if (!is_in_group(queue.key)) return;
  const auto at = groups_.try_emplace(group_of(queue.key)).first;
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
  auto key = QueueKey::decode(bytes);
  ENSURE(key.has_value());
  queue.key = std::move(*key);
  const auto row = store_->get(Family::queue, bytes);
  if (!row) return queue;
  auto record = decode_queue_record(*row);
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

bool QueueIndex::has(const Queue& queue, const QueueRow& row) const {
  if (const auto own = queue.unwritten.find(row); own != queue.unwritten.end()) return own->second;
  return store_->get(Family::queue_row, queue_row_key(queue.bytes, row)).has_value();
}

void QueueIndex::insert(Batch& batch, Queue& queue, const QueueRow& row) {
  batch.put(Family::queue_row, queue_row_key(queue.bytes, row), "");
  queue.record.low_water = queue.record.waiting == 0 ? row.due : std::min(queue.record.low_water, row.due);
  ++queue.record.waiting;
  count(queue, true);
  queue.dirty = true;
  dirty_.insert(queue.bytes);
  queue.unwritten[row] = true;
  put_back(queue, row);
}

// A row enters the window when it sorts inside it, or at its end while nothing is left out behind it.
void QueueIndex::put_back(Queue& queue, const QueueRow& row) {
  if (queue.complete || (!queue.window.empty() && row < queue.window.back())) {
    const auto at = std::lower_bound(queue.window.begin(), queue.window.end(), row);
    if (at == queue.window.end() || *at != row) queue.window.insert(at, row);
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

void QueueIndex::erase(Batch& batch, Queue& queue, const QueueRow& row) {
  batch.single_erase(Family::queue_row, queue_row_key(queue.bytes, row));
  ENSURE(queue.record.waiting > 0);
  --queue.record.waiting;
  count(queue, false);
  const auto at =
      std::lower_bound(queue.window.begin(), queue.window.end(), row);  // an operator may end rows that were not popped
  if (at != queue.window.end() && *at == row) queue.window.erase(at);
  if (queue.record.waiting == 0) {
    queue.window.clear();
    queue.complete = true;
  }
  queue.dirty = true;
  queue.unwritten[row] = false;
  dirty_.insert(queue.bytes);
}

void QueueIndex::undo_insert(Queue& queue, const QueueRow& row) {
  ENSURE(queue.record.waiting > 0);
  --queue.record.waiting;
  count(queue, false);
  const auto at = std::lower_bound(queue.window.begin(), queue.window.end(), row);
  if (at != queue.window.end() && *at == row) queue.window.erase(at);
  queue.unwritten.erase(row);
  queue.stored = false;  // record and wake row, if there were any, were in that batch too: write or erase them anew
  queue.undone = true;
  queue.dirty = true;
  dirty_.insert(queue.bytes);
}

const QueueRow* QueueIndex::front(Queue& queue) {
  for (;;) {
    while (!queue.window.empty() && skip_(queue, queue.window.front().recipient)) queue.window.pop_front();
    if (!queue.window.empty()) return &queue.window.front();
    if (queue.complete) return nullptr;
    refill(queue);
  }
}

void QueueIndex::pop(Queue& queue) {
  ENSURE(!queue.window.empty());
  queue.window.pop_front();
}

// The rows of the store, as the current batch will leave them.
void QueueIndex::refill(Queue& queue) {
  auto stored = store_->scan(Family::queue_row, queue_row_key(queue.bytes, queue.scan_from), queue_row_end(queue.bytes));
  auto own = queue.unwritten.lower_bound(queue.scan_from);
  bool first = true;
  while (queue.window.size() < window_rows && (stored.valid() || own != queue.unwritten.end())) {
    const auto from_store = stored.valid() ? decode_queue_row(queue.bytes, stored.key()) : std::nullopt;
    ENSURE(from_store || !stored.valid());
    const bool is_own = own != queue.unwritten.end() && (!from_store || own->first <= *from_store);
    const QueueRow row = is_own ? own->first : *from_store;
    const bool there = !is_own || own->second;
    if (from_store == row) stored.next();
    if (is_own) ++own;
    queue.scan_from = row;
    if (!there || skip_(queue, row.recipient)) continue;
    if (first && queue.busy == 0 && row.due > queue.record.low_water) queue.record.low_water = row.due;
    first = false;
    queue.window.push_back(row);
  }
  queue.complete = !stored.valid() && own == queue.unwritten.end();
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
  queue.record.backoff = site_interval(queue.record.backoff);
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

void QueueIndex::store_record(Batch& batch, Queue& queue, Instant now) {
  const Instant wake = queue.sleep_until.value_or(queue.stored ? std::min(queue.stored_wake, now) : now);
  if (queue.record.waiting == 0) {
    if (!queue.stored && !queue.undone) return;
    batch.erase(Family::queue, queue.bytes);
    batch.erase(Family::wake, wake_key(queue.stored_wake, queue.bytes));
    queue.stored = queue.undone = false;
    return;
  }
  const auto key = wake_key(wake, queue.bytes);
  if (queue.sleep_until) {
    wake_low_ = std::min(wake_low_, key);
    next_wake_ = std::min(next_wake_.value_or(wake), wake);
  }
  const bool moved = !queue.stored || wake != queue.stored_wake;
  if (!moved && !queue.dirty) return;
  if (moved) {
    if (queue.stored) batch.erase(Family::wake, wake_key(queue.stored_wake, queue.bytes));
    batch.put(Family::wake, key, "");
  }
  queue.record.wake = wake;
  batch.put(Family::queue, queue.bytes, encode(queue.record));
  queue.stored = true;
  queue.undone = false;
  queue.stored_wake = wake;
}

void QueueIndex::flush(Batch& batch, Instant now) {
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
    queue.unwritten.clear();
    const bool in_use = queue.busy > 0 || !queue.idle.empty() || queue.queued || queue.routing || queue.in_hand;
    if (!in_use && (queue.sleep_until || queue.record.waiting == 0)) awake_.erase(at);
  }
  dirty_.clear();
}

// Adds what is due from `from` on until there are `most`; returns where it ended.
std::string QueueIndex::collect_due(const std::string& from, Instant now, std::size_t most, std::vector<Wake>& due) {
  std::string passed = from;
  auto cursor = store_->scan(Family::wake, from, std::string(9, '\xFF'));
  for (; cursor.valid(); cursor.next()) {
    auto wake = decode_wake(cursor.key());
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
std::vector<Queue*> QueueIndex::wake_due(Batch& batch, Instant now, std::size_t most) {
  std::vector<Wake> due;
  const std::size_t places = most - most / 4;
  next_wake_.reset();
  wake_low_ = collect_due(wake_low_, now, places, due);
  if (due.size() == places) collect_due(std::max(wake_low_, wake_key(now - just_come, "")), now, most, due);
  std::vector<Queue*> woken;
  for (const auto& wake : due) {
    Queue& queue = open(wake.queue);
    if (!queue.stored || queue.stored_wake != wake.at) {  // left by a batch that found no room: no record points to it
      batch.erase(Family::wake, wake_key(wake.at, wake.queue));
    }
    woken.push_back(&queue);
  }
  return woken;
}

}  // namespace queue
