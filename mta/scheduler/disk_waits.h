// mta/scheduler/disk_waits.h — queues that wait on disk for their turn, because too many wait in memory.
//
// What      Whether one more may wait in memory for a place that is scarce; else when it comes back from disk.
// Units     Queues; scheduling time.
// Promise   Neither memory nor the queues of other destinations suffer, however many wait: those on disk come back one after the other, at a
//           rate that costs little. New mail finds places that older mail cannot take.
// Errors    None.
// Source    DESIGN.md §7, promise 4.
// Not here  what they wait for (scheduler.h, routing.h).
#pragma once

#include "mta/scheduler/parts.h"

namespace mta {

class DiskWaits {
 public:
  explicit DiskWaits(QueueIndex& queues) : queues_(queues) {}
  // `waiting`: how many queues already wait in memory for what this one wants. True: it sleeps on disk.
  bool send(Queue&, std::size_t waiting, Instant now);
  static constexpr std::size_t most_waiting = 500;         // in memory for one thing (a connection, a lane, a look-up) …
  static constexpr std::size_t most_waiting_fresh = 4000;  // … and with mail that just came

 private:
  QueueIndex& queues_;
  Instant return_at_{};   // when the last of them comes back
  unsigned returns_ = 0;  // how many do at that millisecond
};

}  // namespace mta
