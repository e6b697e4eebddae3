#include "queue/queue_groups.h"

#include "queue/ensure.h"

namespace queue {

bool is_in_group(const QueueKey& key) { return key.kind == QueueKind::routed && !key.provider.starts_with("other:"); }

QueueGroup group_of(const QueueKey& key) { return {key.provider, key.mail_class, key.pool, key.bound_to}; }

// Steps over the queues of unlisted destinations: one seek a pool.
QueueGroups count_groups(const Store& store) {
  QueueGroups groups;
  const std::string first(1, static_cast<char>(QueueKind::routed));
  const std::string end(1, static_cast<char>(static_cast<char>(QueueKind::routed) + 1));
  std::string from = first;
  for (bool again = true; again;) {
    again = false;
    for (auto cursor = store.scan(Family::queue, from, end); cursor.valid(); cursor.next()) {
      auto key = QueueKey::decode(cursor.key());
      const auto record = decode_queue_record(cursor.value());
      ENSURE(key && record);
      if (is_in_group(*key)) {
        groups[group_of(*key)] += record->waiting;
        continue;
      }
      from = QueueKey{key->kind, key->pool, "other;", "", "", ""}.encode();  // ';' sorts behind ':'
      again = true;
      break;
    }
  }
  return groups;
}

}  // namespace queue
