// warmup/choose.h — which of the lanes that grant a permit carries the mail.
//
// What      A pure function over candidates.
// Units     Recipients.
// Promise   The phase that the class prefers first, then the most left today, then the first in the pool's order. The same input gives the
//           same answer.
// Errors    REQUIRES: at least one candidate.
// Source    WARMUP.md §6.
// Not here  who may be a candidate (mta/scheduler).
#pragma once

#include <vector>

#include "warmup/lane.h"

namespace warmup {

struct Candidate {
  Phase phase = Phase::warm;
  std::optional<Recipients> left;  // empty: no limit
  unsigned open = 0;               // conversations
};

std::size_t choose(const std::vector<Candidate>&, Prefer);

}  // namespace warmup
