// mta/observe/events.h — what happened, one JSON object a line.
//
// What      The rows of the event family: numbering them, their keys, and when they leave.
// Units     `seq` counts events of this spool, from 1; `time` is scheduling time, RFC 3339 with milliseconds.
// Promise   Events are put in the same batch as what they report: both are durable or neither is.
// Errors    None.
// Source    README "See what it does".
// Not here  what they say (event.h), who reads them (event_file.h, control).
#pragma once

#include <string_view>

#include "mta/doors/world.h"
#include "mta/observe/event.h"
#include "queue/keys.h"
#include "queue/store.h"

namespace mta {

class EventLog {
 public:
  explicit EventLog(std::uint64_t last_seq) : seq_(last_seq) {}

  void add(queue::Batch&, Instant, const Event&);
  std::uint64_t last() const { return seq_; }

 private:
  std::uint64_t seq_;
  std::int64_t hour_ = 0;
};

// Rows older than `before` leave in one range; returns false when there was none.
bool expire_events(queue::Batch&, const queue::Store&, Instant before);

std::uint64_t event_seq(std::string_view key);  // REQUIRES: the key of an event row

}  // namespace mta
