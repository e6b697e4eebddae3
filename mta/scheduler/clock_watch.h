// mta/scheduler/clock_watch.h — notices that the clock was set.
//
// What      Compares what passed by the wall clock with what passed since boot, from one look to the next.
// Units     Scheduling time.
// Promise   A jump is seen once. Looks of another boot, and the first, are believed. encode() then decode() goes on where it was, so a
//           clock that was set while the daemon was down is seen too.
// Errors    A text that encode() did not make: as if never looked.
// Source    WARMUP.md §3; README "See what it does" (`clock`).
// Not here  what days make of it (warmup/advance.h).
#pragma once

#include <optional>
#include <string>

#include "mta/doors/world.h"
#include "warmup/advance.h"

namespace mta {

warmup::Moment moment_now(const Calendar&);

class ClockWatch {
 public:
  struct Jump {
    warmup::Duration wall, boot;  // passed by each since the last look; they disagree by over an hour
  };
  std::optional<Jump> look(const warmup::Moment&);

  std::string encode() const;  // "WALL_MS BOOT_MS BOOT_ID"
  static ClockWatch decode(const std::string&);

 private:
  warmup::Moment last_{};
};

}  // namespace mta
