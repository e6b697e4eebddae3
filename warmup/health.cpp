#include "warmup/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace warmup {

namespace {

constexpr double z = 1.645;
constexpr std::uint64_t least_answered = 20, least_bad = 5;

std::uint64_t* place(Tally& tally, Verdict verdict) {
  switch (meaning(verdict).ill) {
    case FailureKind::rate_limits: return &tally.rate_limited;
    case FailureKind::bounces: return &tally.bounced;
    case FailureKind::rejections: return &tally.rejected;
    case FailureKind::complaints:  // nobody answers with one
    case FailureKind::none: break;
  }
  return nullptr;
}

bool counts(Verdict verdict) { return meaning(verdict).answer && verdict != Verdict::greylisted; }

struct Limit {
  FailureKind what;
  const char* name;
  std::uint64_t bad, all;
  double share;
};

template <std::size_t N>
std::optional<Finding> first_exceeded(const std::array<Limit, N>& limits) {
  for (const auto& limit : limits) {
    if (!exceeds(limit.bad, limit.all, limit.share)) continue;
    const double percent = 100.0 * static_cast<double>(limit.bad) / static_cast<double>(limit.all);
    return Finding{limit.what, fmt::format("{} {:.1f}% of {}, above {:g}%", limit.name, percent, limit.all, 100 * limit.share)};
  }
  return std::nullopt;
}

std::array<Limit, 4> holds(const Tally& tally, const PlanOptions& plan) {
  return {{{FailureKind::rate_limits, "rate limits", tally.rate_limited, tally.answered, plan.health.hold_deferrals},
           {FailureKind::bounces, "bounces", tally.bounced, tally.answered, plan.health.hold_bounces},
           {FailureKind::rejections, "rejections", tally.rejected, tally.answered, plan.health.hold_rejects},
           {FailureKind::complaints, "complaints", tally.complaints, tally.answered, plan.health.hold_complaints}}};
}

}  // namespace

void Tally::count(Verdict verdict) {
  if (!counts(verdict)) return;
  ++answered;
  if (auto* bad = place(*this, verdict)) ++*bad;
}

void Tally::uncount(Verdict verdict) {
  if (!counts(verdict) || answered == 0) return;
  --answered;
  auto* bad = place(*this, verdict);
  if (bad != nullptr && *bad > 0) --*bad;
}

Verdict counts_as(std::optional<Verdict> before, Verdict verdict) { return before == Verdict::rate_limited ? *before : verdict; }

void Tally::recount(std::optional<Verdict> before, Verdict verdict) {
  const Verdict now = counts_as(before, verdict);
  if (now == before) return;
  if (before) uncount(*before);
  count(now);
}

double wilson_lower(std::uint64_t bad, std::uint64_t all) {
  if (all == 0) return 0;
  const double n = static_cast<double>(all), p = std::min(1.0, static_cast<double>(bad) / n);  // complaints may be of older mail
  const double centre = p + z * z / (2 * n), spread = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return std::max(0.0, (centre - spread) / (1 + z * z / n));
}

bool exceeds(std::uint64_t bad, std::uint64_t all, double share) {
  return all >= least_answered && bad >= least_bad && wilson_lower(bad, all) > share;
}

std::optional<Finding> reason_to_hold(const Tally& tally, const PlanOptions& plan) { return first_exceeded(holds(tally, plan)); }

bool far_from_hold(const Tally& tally, const PlanOptions& plan) {
  const auto limits = holds(tally, plan);
  return std::all_of(limits.begin(), limits.end(), [](const Limit& limit) {
    return limit.bad == 0 || 3 * static_cast<double>(limit.bad) < limit.share * static_cast<double>(limit.all);
  });
}

std::optional<Finding> reason_to_step_back(const Tally& tally, const PlanOptions& plan) {
  return first_exceeded(std::array<Limit, 3>{
      {{FailureKind::rate_limits, "rate limits", tally.rate_limited, tally.answered, plan.health.step_back_deferrals},
       {FailureKind::bounces, "bounces", tally.bounced, tally.answered, plan.health.step_back_bounces},
       {FailureKind::complaints, "complaints", tally.complaints, tally.answered, plan.health.step_back_complaints}}});
}

}  // namespace warmup
