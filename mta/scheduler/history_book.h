// mta/scheduler/history_book.h — the history of ended recipients: what is written, and what has to go.
//
// What      Puts a row for each end into the batch that makes it true; lets whole hours go, by age and by size.
// Units     Octets of rows as they are put; hours of scheduling time.
// Promise   Never more than most_octets (and an hour) are kept, whatever `keep` says: the oldest hours go first. In memory: a number an
//           hour. `keep` of 0 writes nothing, and lets go what an earlier configuration kept.
// Errors    None: an hour that cannot be read is one that is there.
// Source    conf/example.toml ([history]).
// Not here  rows (queue/history.h), questions (find.cpp).
#pragma once

#include <cstdint>
#include <map>

#include "queue/history.h"
#include "queue/store.h"

namespace mta {

struct Ending {
  queue::End end = queue::End::delivered;
  std::string by, reason;  // an operator's doing, else empty
};

class HistoryBook {
 public:
  void load(const queue::Store&, queue::Instant now);  // at start
  void add(queue::Batch&, const queue::Ended&);
  void flush(queue::Batch&);                                             // with each batch
  void expire(queue::Batch&, queue::Instant now, queue::Duration keep);  // in housekeeping
  std::uint64_t octets() const { return octets_; }

  static constexpr std::uint64_t most_octets = 1U << 30U;

 private:
  void drop_first(queue::Batch&);

  std::map<queue::HourNumber, std::uint64_t> hours_;  // octets of each
  std::uint64_t octets_ = 0;
  queue::HourNumber changed_ = 0;  // the hour whose count is to be put; 0 = none
};

}  // namespace mta
