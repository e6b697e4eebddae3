// warmup/queue_shares.h — how many recipients of today each queue of a lane had.
//
// What      Counts by pool and class; one pool's are those of the lane's record, two pools with one source are told apart.
// Units     Recipients, in conversation too; a day is the lane's.
// Promise   What the record counts and no queue of this process took (before a restart) is divided evenly among the pools.
// Errors    None.
// Source    WARMUP.md §5.
// Not here  what follows from it (claim.h).
#pragma once

#include <map>
#include <string>
#include <utility>

#include "warmup/lane.h"

namespace warmup {

class QueueShares {
 public:
  void took(const std::string& pool, const std::string& mail_class, Recipients, Instant day_started);
  void gave_back(const std::string& pool, const std::string& mail_class, Recipients, Instant day_started);
  // `pools`: how many may use the lane.
  Recipients had(const std::string& pool, const std::string& mail_class, const Lane&, std::size_t pools) const;

 private:
  void come_to(Instant day_started);

  std::map<std::pair<std::string, std::string>, Recipients> taken_;  // by class, pool
  Instant day_{};
};

}  // namespace warmup
