// mta/books/claim.h — what a line can say for having its turn first.
//
// What      A value to compare; the stronger claim is the lesser one.
// Units     Recipients; instants are scheduling time.
// Promise   Inside its reserve a class goes first; lanes of a scarce total take turns, who had less today first; beyond reserves classes
//           share by weight; within a class by due time. A probe with the message that met the refusal comes last of all.
// Errors    None.
// Source    warmup-rules §2 (overall), §5, §8 (probe).
// Not here  who may claim anything (turns.cpp).
#pragma once

#include <tuple>

#include "mta/world.h"
#include "warmup/curve.h"

namespace mta {

struct Claim {
  bool only_trigger = false;
  bool reserved = false;       // its class has not had its reserve
  warmup::Recipients had = 0;  // by its lane today
  double share = 0;            // by its class, divided by its weight
  Instant due{};

  friend bool operator<(const Claim& a, const Claim& b) { return a.rank() < b.rank(); }

 private:
  std::tuple<bool, bool, warmup::Recipients, double, Instant> rank() const { return {only_trigger, !reserved, had, share, due}; }
};

}  // namespace mta
