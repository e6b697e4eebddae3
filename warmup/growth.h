// warmup/growth.h — by how much a lane grows from stage to stage, where its plan lets it learn that.
//
// What      What a lane has learned (Growth), and what a good day, a hold and a step back make of it.
// Units     Factors in millionths: 1'290'000 is × 1.29. So what is learned is a whole number in rows and the same on every machine.
// Promise   Pure. What is learned stays within `growth_min` and `growth_max` of the plan, also after they were changed.
// Errors    None: bounds that contradict each other are refused by conf.
// Source    WARMUP.md §2.
// Not here  the caps that it leads to (lane_curve.h), which days are good ones (judge.cpp).
#pragma once

#include <cstdint>
#include <vector>

#include "warmup/options.h"

namespace warmup {

using Millionths = std::uint32_t;
double factor_of(Millionths);
Millionths millionths_of(double factor);

// Of a lane whose plan learns; of every other lane it is empty.
struct Growth {
  Millionths now = 0;             // towards the next stage; 0: nothing was learned yet, so `growth` of the plan
  std::vector<Millionths> steps;  // by which the stages that the lane stands on were climbed: the first from stage 0 to 1
  friend bool operator==(const Growth&, const Growth&) = default;
};

// REQUIRES of all below: the plan learns.
Millionths growth_now(const Growth&, const PlanOptions&);
Millionths after_full_day(Millionths now, const PlanOptions&);
Millionths after_hold(Millionths now, const PlanOptions&);
Millionths after_step_back(const PlanOptions&);

}  // namespace warmup
