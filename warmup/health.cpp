#include "warmup/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace warmup {

namespace {

constexpr double z = 1.645;
constexpr std::uint64_t least_answered = 20, least_bad = 5;

std::uint64_t* place(Tally& tally, std::string_view verdict) {
  if (verdict == "rate_limited") return &tally.rate_limited;
  if (verdict == "unknown_user" || verdict == "mailbox_disabled") return &tally.bounced;
  if (verdict == "spam_content" || verdict == "policy" || verdict == "auth_failure") return &tally.rejected;
  return nullptr;
}

bool counts(std::string_view verdict) {
  return verdict != "greylisted" && verdict != "connection_failed" && verdict != "dns_failure";
}

struct Limit {
  const char* what;
  std::uint64_t bad, all;
  double share;
};

template <std::size_t N>
std::optional<std::string> first_exceeded(const std::array<Limit, N>& limits) {
  for (const auto& limit : limits) {
    if (!exceeds(limit.bad, limit.all, limit.share)) continue;
    return fmt::format("{} {:.1f}% of {}, above {:g}%", limit.what,
                       100.0 * static_cast<double>(limit.bad) / static_cast<double>(limit.all), limit.all, 100 * limit.share);
  }
  return std::nullopt;
}

}  // namespace

void Tally::count(std::string_view verdict) {
  if (!counts(verdict)) return;
  ++answered;
  if (auto* bad = place(*this, verdict)) ++*bad;
}

void Tally::uncount(std::string_view verdict) {
  if (!counts(verdict) || answered == 0) return;
  --answered;
  auto* bad = place(*this, verdict);
  if (bad != nullptr && *bad > 0) --*bad;
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

std::optional<std::string> reason_to_hold(const Tally& tally, const PlanOptions& plan) {
  return first_exceeded(std::array<Limit, 4>{{{"rate limits", tally.rate_limited, tally.answered, plan.hold_deferrals},
                                              {"bounces", tally.bounced, tally.answered, plan.hold_bounces},
                                              {"rejections", tally.rejected, tally.answered, plan.hold_rejects},
                                              {"complaints", tally.complaints, tally.answered, plan.hold_complaints}}});
}

std::optional<std::string> reason_to_step_back(const Tally& tally, const PlanOptions& plan) {
  return first_exceeded(std::array<Limit, 3>{{{"rate limits", tally.rate_limited, tally.answered, plan.step_back_deferrals},
                                              {"bounces", tally.bounced, tally.answered, plan.step_back_bounces},
                                              {"complaints", tally.complaints, tally.answered, plan.step_back_complaints}}});
}

}  // namespace warmup
