// warmup/need.h — a day's room, shared by need.
//
// What      What each of several queues gets of what there is: first its reserve, then the one that had least for its weight.
// Units     Recipients of one day.
// Promise   Pure. None gets more than it wants; all of the room is given while one of them wants it; equals differ by one at most.
// Errors    None.
// Source    WARMUP.md §5 (scarce ledgers are shared by need).
// Not here  who waits (forecast.cpp), turns one by one as they happen (claim.h).
#pragma once

#include <vector>

#include "warmup/lane.h"

namespace warmup {

// Who wants something of a day: how much, and how much of today it had.
struct Wanting {
  Recipients wants = 0;
  double had = 0, weight = 1;
  Recipients reserved = 0;  // before all others
};

std::vector<Recipients> share_by_need(const std::vector<Wanting>& all, Recipients room);

}  // namespace warmup
