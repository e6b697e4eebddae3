// warmup/curve.h — how many recipients a lane may send on which day of its warm-up.
//
// What      A plan's curve as a table of caps, one per stage.
// Units     Recipients a day; stages count from 0.
// Promise   Caps never fall from one stage to the next and never exceed the target. The last stage is the first that reaches it.
// Errors    None: nonsense plans are refused by conf.
// Source    WARMUP.md §2.
// Not here  what limits a day beside the cap (gate.h), when a stage is reached (advance.h).
#pragma once

#include <string>
#include <vector>

#include "warmup/options.h"

namespace warmup {

using Recipients = std::uint64_t;

class Curve {
 public:
  Curve() : caps_{0} {}
  // `factor` scales every cap (a source's total over all providers); 1 for a lane.
  explicit Curve(const PlanOptions&, double factor = 1);

  Recipients cap(unsigned stage) const { return caps_[std::min<std::size_t>(stage, caps_.size() - 1)]; }
  Recipients target() const { return caps_.back(); }
  Recipients most() const { return most_; }  // never more a day; 0: no such limit
  unsigned last() const { return static_cast<unsigned>(caps_.size() - 1); }
  unsigned highest_at_most(Recipients cap) const;    // the highest stage whose cap is not above; 0 when all are
  double step(unsigned stage) const;                 // cap(stage) / cap(stage − 1), 1 at stage 0
  const std::string& mark() const { return mark_; }  // equal marks, equal curves

 private:
  std::vector<Recipients> caps_;
  Recipients most_ = 0;
  std::string mark_;
};

}  // namespace warmup
