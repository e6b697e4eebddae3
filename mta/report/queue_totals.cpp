#include "mta/report/queue_totals.h"

#include <algorithm>

#include "queue/ensure.h"
#include "warmup/total.h"

namespace mta {

using queue::Family;
using queue::QueueKind;

namespace {

constexpr std::size_t lines_of_others = 5000;     // of unlisted sites read for one status
constexpr std::size_t lines_of_strays = 200'000;  // read for one reload

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string kind_prefix(QueueKind kind) { return std::string(1, static_cast<char>(kind)); }

struct StoredQueue {
  queue::QueueKey key;
  queue::QueueRecord record;
};

StoredQueue record_at(const queue::Cursor& cursor) {
  auto key = queue::QueueKey::decode(cursor.key());
  auto record = queue::decode_queue_record(cursor.value());
  ENSURE(key && record);
  return {std::move(*key), std::move(*record)};
}

// One seek each.
std::vector<std::string> pools_with_mail(const queue::Store& store) {
  std::vector<std::string> pools;
  std::string from = kind_prefix(QueueKind::routed);
  const std::string end = queue::queue_row_end(from);
  for (;;) {
    const auto cursor = store.scan(Family::queue, from, end);
    if (!cursor.valid()) return pools;
    pools.push_back(record_at(cursor).key.pool);
    from = kind_prefix(QueueKind::routed) + pools.back() + '\x01';
  }
}

}  // namespace

const conf::Pool* pool_in(const conf::Config& config, const std::string& name) {
  if (const auto* pool = config.pool(name)) return pool;
  if (const auto* pool = config.pool("default")) return pool;
  return config.pools.empty() ? nullptr : &config.pools.front();
}

const warmup::ClassOptions& class_in(const conf::Config& config, const std::string& name) {
  if (const auto* found = config.mail_class(name)) return *found;
  const auto* bulk = config.mail_class("bulk");
  ENSURE(bulk != nullptr);
  return *bulk;
}

QueueTotals::QueueTotals(std::shared_ptr<const conf::Config> config, const queue::Store& store, queue::Instant now)
    : config_(std::move(config)), now_(now) {
  read(store, now);
}

// In key order. Sites without a provider of their own ("other:…") may be a million: after some thousand of them the walk goes on behind
// them.
void QueueTotals::read(const queue::Store& store, queue::Instant now) {
  std::string from, pool;
  std::size_t others = 0;
  for (bool again = true; again;) {
    again = false;
    for (auto cursor = store.scan(Family::queue, from, std::string(4, '\xFF')); cursor.valid(); cursor.next()) {
      auto [key, record] = record_at(cursor);
      const bool other = key.kind == QueueKind::unrouted || key.provider.starts_with("other:");
      if (key.pool != pool) others = 0;
      pool = key.pool;
      add(key, record, now);
      if (!other || ++others < lines_of_others) continue;
      more_ = true;
      others = 0;
      key.provider = key.kind == QueueKind::unrouted ? std::string(1, '\x7F') : "other;";  // ';' sorts behind ':'
      key.mail_class = key.site = key.bound_to = "";
      from = key.encode();
      again = true;
      break;
    }
  }
}

void QueueTotals::add(const queue::QueueKey& key, const queue::QueueRecord& record, queue::Instant now) {
  if (key.kind == QueueKind::damaged) return;  // status names it apart
  if (key.kind == QueueKind::returning) {
    returning_ += record.waiting;
    return;
  }
  if (key.kind == QueueKind::unrouted) unrouted_ += record.waiting;
  const auto* pool = pool_in(*config_, key.pool);
  const std::string& pool_name = pool == nullptr ? key.pool : pool->name;
  const std::string provider = key.kind == QueueKind::unrouted ? "unrouted" : key.provider;
  const std::string& mail_class = class_in(*config_, key.mail_class).name;
  auto [at, created] = queues_.try_emplace({pool_name, provider, mail_class});
  QueueReport& queue = at->second;
  if (created) {
    queue.pool = pool_name, queue.provider = provider, queue.mail_class = mail_class;
    queue.oldest = record.low_water;
  }
  queue.waiting += record.waiting;
  queue.oldest = std::min(queue.oldest, record.low_water);
  const queue::Instant opens = record.opens == queue::Instant{} ? record.wake : record.opens;
  const queue::Instant next = std::max(opens, record.closed_until);
  if (created || (queue.next && next < *queue.next)) queue.next = next;
  if (queue.next && *queue.next <= now) queue.next.reset();
  if (!record.reason.empty() && queue.reason.empty()) queue.reason = record.reason;
  const bool by_pool = key.bound_to.empty() || (pool != nullptr && holds(pool->sources, key.bound_to));
  if (by_pool && key.kind != QueueKind::exempt) queue.by_pool += record.waiting;  // what no ledger counts waits for none
  add_to_lanes(key, {record.waiting, next});
}

void QueueTotals::add_to_lanes(const queue::QueueKey& key, const Waiting& waiting) {
  if (!key.bound_to.empty() && config_->source(key.bound_to) != nullptr) return add_to_lane(key.bound_to, key, waiting);
  const auto* pool = pool_in(*config_, key.pool);
  if (pool == nullptr) return;
  for (const auto& source : pool->sources) add_to_lane(source, key, waiting);
}

void QueueTotals::add_to_lane(const std::string& source, const queue::QueueKey& key, const Waiting& waiting) {
  const auto* of = config_->source(source);
  if (of == nullptr) return;
  const auto add = [&](const std::string& provider) {
    Waiting& lane = lanes_[{source, provider}];
    lane.recipients += waiting.recipients;
    lane.next = std::min(lane.next, waiting.next);
  };
  add("");
  if (key.knows_site() && warmup::is_unlisted(key.provider)) add(std::string(warmup::total_key(warmup::Total::others)));
  if (of->is_smarthost()) {
    add("*");
  } else if (key.knows_site()) {
    add(key.provider);
  }
}

std::vector<QueueReport> QueueTotals::queues() const {
  std::vector<QueueReport> queues;
  for (const auto& [key, queue] : queues_) queues.push_back(queue);
  std::stable_sort(queues.begin(), queues.end(),
                   [](const QueueReport& a, const QueueReport& b) { return a.waiting > b.waiting; });
  return queues;
}

std::map<std::string, std::uint64_t> QueueTotals::unlisted() const {
  std::map<std::string, std::uint64_t> found;
  for (const auto& [key, queue] : queues_) {
    if (warmup::is_unlisted(queue.provider)) found[queue.provider] += queue.waiting;
  }
  return found;
}

std::uint64_t QueueTotals::may_use(const std::string& source, const std::string& provider) const {
  const auto found = lanes_.find({source, provider});
  return found == lanes_.end() ? 0 : found->second.recipients;
}

std::optional<queue::Instant> QueueTotals::looks_again(const std::string& source, const std::string& provider) const {
  const auto found = lanes_.find({source, provider});
  if (found == lanes_.end() || found->second.next <= now_ || found->second.next == queue::Instant::max()) return std::nullopt;
  return found->second.next;
}

std::uint64_t count_waiting(const queue::Store& store, const conf::Config& config, const queue::QueueKey& of) {
  const auto* pool = pool_in(config, of.pool);
  if (pool == nullptr) return 0;
  std::uint64_t waiting = 0;
  for (const auto& name : pools_with_mail(store)) {
    if (pool_in(config, name) != pool) continue;
    for (const QueueKind kind : {QueueKind::routed, QueueKind::blocked}) {
      const std::string from = kind_prefix(kind) + name + '\0' + of.provider + '\0';
      for (auto cursor = store.scan(Family::queue, from, queue::queue_row_end(from)); cursor.valid(); cursor.next()) {
        const auto [key, record] = record_at(cursor);
        const bool by_pool = key.bound_to.empty() || holds(pool->sources, key.bound_to);
        if (by_pool && class_in(config, key.mail_class).name == of.mail_class) waiting += record.waiting;
      }
    }
  }
  return waiting;
}

OrphanedQueues find_orphaned_queues(const queue::Store& store, const std::set<std::string>& pools,
                                    const std::set<std::string>& classes) {
  OrphanedQueues found;
  if (pools.empty() && classes.empty()) return found;
  std::size_t read = 0;
  for (auto cursor = store.scan(Family::queue, "", kind_prefix(QueueKind::returning)); cursor.valid(); cursor.next()) {
    found.more = ++read > lines_of_strays;
    if (found.more) break;
    const auto [key, record] = record_at(cursor);
    const auto note = [&, &key = key, &record = record](std::map<std::string, OrphanedQueues::Count>& counts,
                                                        const std::string& name, const std::string& other) {
      auto& count = counts[name];
      count.queues.insert({other, key.provider});
      count.recipients += record.waiting;
    };
    if (pools.contains(key.pool)) note(found.pools, key.pool, key.mail_class);
    if (classes.contains(key.mail_class)) note(found.classes, key.mail_class, key.pool);
  }
  return found;
}

}  // namespace mta
