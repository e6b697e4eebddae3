// queue/site_backoff.h — how long a site that does not answer is left alone.
//
// What      The interval after the last one.
// Units     Milliseconds.
// Promise   1 min, doubling to 1 h.
// Errors    None.
// Source    WARMUP.md §8.
// Not here  whose fault it was (mta/scheduler/settlements.h), intervals of a recipient (warmup/retry.h).
#pragma once

#include <algorithm>

#include "queue/types.h"

namespace queue {

// `last` = 0: it answered.
inline Duration site_interval(Duration last) {
  constexpr Duration first = std::chrono::minutes(1), longest = std::chrono::hours(1);
  return std::clamp(std::min(last, longest) * 2, first, longest);
}

}  // namespace queue
