// mta/scheduler/wait_warnings.h — when we last warned that mail of a pool, provider and class waits too long.
//
// What      The last warning of each pool, provider and class.
// Units     Scheduling time.
// Promise   At most one warning a day for each; at most 1,000 are remembered, then all are forgotten.
// Errors    None.
// Source    WARMUP.md §6 (`on_max_wait = "wait"`).
// Not here  what is told (held_heads.cpp).
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "mta/doors/world.h"
#include "queue/queue.h"

namespace mta {

class WaitWarnings {
 public:
  bool is_due(const queue::QueueKey& of, Instant now) {  // true: to be told now, and not again for a day
    if (told_.size() > most) told_.clear();
    Instant& told = told_[{of.pool, of.provider, of.mail_class}];
    if (told != Instant{} && now - told < std::chrono::hours(24) && now >= told) return false;
    told = now;
    return true;
  }

 private:
  static constexpr std::size_t most = 1000;
  std::map<std::tuple<std::string, std::string, std::string>, Instant> told_;
};

}  // namespace mta
