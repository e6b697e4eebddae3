// queue/queue_groups.h — how many recipients wait for each provider with a name, over all its sites.
//
// What      Counts by provider, class, pool and bound source: what people call a queue (warmup/WARMUP.md §10).
// Units     Recipients.
// Promise   Unlisted destinations ("other:…") are left out: each is mostly one queue, whose own record counts it, and there may be a million.
// Errors    A record that does not decode is corruption: broken_promise.
// Source    queue/STORE.md.
// Not here  the running counts (queue_index.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "queue/queue.h"
#include "queue/store.h"

namespace queue {

struct QueueGroup {
  std::string provider, mail_class, pool, bound_to;  // `bound_to` "" = any source of the pool
  friend auto operator<=>(const QueueGroup&, const QueueGroup&) = default;
};
using QueueGroups = std::map<QueueGroup, std::uint64_t>;

bool is_in_group(const QueueKey&);
QueueGroup group_of(const QueueKey&);
QueueGroups count_groups(const Store&);  // by the records of all queues

}  // namespace queue
