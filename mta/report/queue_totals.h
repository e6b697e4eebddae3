// mta/report/queue_totals.h — who waits, read from the queues' records: by pool, provider and class, and by the sources that may carry it.
//
// What      QueueTotals for `status`; one queue's count for `forecast`; what a reload sends another way.
// Units     Recipients, those in conversation too.
// Promise   Queues of pools and classes that are gone count for those they go by. A walk reads some thousand unlisted destinations a pool
//           at most, and then says that there are more.
// Errors    A record that does not decode is corruption: broken_promise.
// Source    WARMUP.md §10, mta/control/JSON.md "status".
// Not here  when they go (forecasts.cpp), the running counts of the scheduler (queue_index.h).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "conf/config.h"
#include "mta/report/queries.h"
#include "queue/store.h"

namespace mta {

// By what mail goes whose pool or class the configuration does not have any more.
const conf::Pool* pool_in(const conf::Config&, const std::string& name);
const warmup::ClassOptions& class_in(const conf::Config&, const std::string& name);

class QueueTotals {
 public:
  QueueTotals(std::shared_ptr<const conf::Config> config, const queue::Store&, queue::Instant now);

  std::uint64_t unrouted() const { return unrouted_; }
  std::uint64_t returning() const { return returning_; }
  bool more() const { return more_; }                     // queues than were read
  std::vector<QueueReport> queues() const;                // by waiting, most first
  std::map<std::string, std::uint64_t> unlisted() const;  // what waits for each unlisted site
  // Number of recipients that may use a source's lane: mail of its pools, and what is bound to it. Provider "" = all mail that may go by the source.
  std::uint64_t may_use(const std::string& source, const std::string& provider) const;
  // When the first of them looks again; empty: now, or none waits.
  std::optional<queue::Instant> looks_again(const std::string& source, const std::string& provider) const;

 private:
  void read(const queue::Store&, queue::Instant now);
  void add(const queue::QueueKey&, const queue::QueueRecord&, queue::Instant now);
  struct Waiting {
    std::uint64_t recipients = 0;
    queue::Instant next = queue::Instant::max();
  };
  void add_to_lanes(const queue::QueueKey&, const Waiting&);
  void add_to_lane(const std::string& source, const queue::QueueKey&, const Waiting&);

  std::shared_ptr<const conf::Config> config_;
  std::map<std::tuple<std::string, std::string, std::string>, QueueReport> queues_;  // by pool, provider, class
  std::map<std::pair<std::string, std::string>, Waiting> lanes_;                     // by source, provider
  queue::Instant now_;
  std::uint64_t unrouted_ = 0, returning_ = 0;
  bool more_ = false;
};

// Number of recipients that wait for the sources of this pool, exactly, over all sites of the provider.
std::uint64_t count_waiting(const queue::Store&, const conf::Config&, const queue::QueueKey& of);

// What is in queues of these pools, or of these classes, by their names.
struct OrphanedQueues {
  struct Count {
    std::set<std::pair<std::string, std::string>> queues;  // (pool or class, provider)
    std::uint64_t recipients = 0;
  };
  std::map<std::string, Count> pools, classes;
  bool more = false;  // not all queues were read
};
OrphanedQueues find_orphaned_queues(const queue::Store&, const std::set<std::string>& pools,
                                    const std::set<std::string>& classes);

}  // namespace mta
