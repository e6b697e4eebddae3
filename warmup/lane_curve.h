// warmup/lane_curve.h — the curve as one lane has it: its plan's, or the one that it learned.
//
// What      The cap of each stage of this lane, which stage is its last, and the ways in which a lane changes its stage.
// Units     Recipients a day; stages count from 0.
// Promise   Where the plan does not learn this is the plan's curve and nothing else. Where it does, a stage that the lane stands on keeps the
//           cap with which it was reached, and those above go on by what the lane grows by now. Caps never exceed the target.
// Errors    None.
// Source    WARMUP.md §2.
// Not here  the plan's curve (curve.h), when a stage is won or lost (judge.h), what else limits a day (advance.h, gate.h).
#pragma once

#include "warmup/lane.h"

namespace warmup {

// Looks at a lane and its rules, and must not outlive them.
class LaneCurve {
 public:
  explicit LaneCurve(const LaneView& of) : rules_(*of.rules), growth_(of.lane->growth) {}

  Recipients cap(unsigned stage) const;
  unsigned last() const;  // the first stage at the target; of a lane that learns, by what it grows by now
  unsigned highest_at_most(Recipients cap) const;  // the highest stage whose cap is not above; 0 when all are
  double step(unsigned stage) const;               // cap(stage) / cap(stage − 1), 1 at stage 0
  std::string mark() const;                        // equal marks, equal curves, but for what was learned

 private:
  double grown(double level, unsigned from_stage) const;  // the level of the stage above

  const Rules& rules_;
  const Growth& growth_;
};

// What it grows by now; empty where its plan does not learn.
std::optional<Millionths> growth_of(const LaneView&);

void climb(const LaneWithRules&);                     // one stage up; its brakes and its limit are not touched, here and below
void descend(Lane&, unsigned stages);                 // as many down as there are; `lane.undo` keeps how they were climbed
void stand_at(const LaneWithRules&, unsigned stage);  // wherever it stood
void unlearn(const LaneWithRules&, const Undo&);      // its growth, and how it stood there, are those of before the change

}  // namespace warmup
