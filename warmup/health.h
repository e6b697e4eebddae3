// warmup/health.h — what a day's answers say of a lane's reputation.
//
// What      A tally of answers, and whether it calls for holding the stage or stepping back.
// Units     Distinct recipients answered at MAIL or later, once each with the last verdict, but as rate limited when any answer of the day
//           was; shares 0…1.
// Promise   Pure. No veto below 20 recipients or 5 bad ones; what is compared is the lower end of a 90 % interval (Wilson, z = 1.645),
//           so that a small sample is not taken for a bad one.
// Errors    None.
// Source    WARMUP.md §7.
// Not here  braking within the day (brake.h), the end of the day (judge.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "warmup/options.h"
#include "warmup/verdict.h"

namespace warmup {

struct Tally {
  std::uint64_t answered = 0, rate_limited = 0, bounced = 0, rejected = 0, complaints = 0;
  void count(Verdict);    // of a recipient not counted today; no answer and greylisting count as nothing
  void uncount(Verdict);  // its verdict is replaced by another
  // Of one that counts as `before` today; empty: not counted yet.
  void recount(std::optional<Verdict> before, Verdict);
  friend bool operator==(const Tally&, const Tally&) = default;
};

// By what a recipient counts that counted as `before` and is answered `verdict` now. A provider that puts off a third of everything has
// spoken, though it took all of it at the second try.
Verdict counts_as(std::optional<Verdict> before, Verdict);
double wilson_lower(std::uint64_t bad, std::uint64_t all);
bool exceeds(std::uint64_t bad, std::uint64_t all, double share);  // with the floors of 20 and 5

struct Finding {
  FailureKind what = FailureKind::none;
  std::string text;  // "bounces 6.2% of 310, above 3%"
};
std::optional<Finding> reason_to_hold(const Tally&, const PlanOptions&);
std::optional<Finding> reason_to_step_back(const Tally&, const PlanOptions&);
// Every share is below a third of the one that holds: the plain share, so that in a small sample one bad answer may be too many.
bool far_from_hold(const Tally&, const PlanOptions&);

}  // namespace warmup
