#include "mta/simulate/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mta::simulate {

namespace {
constexpr std::uint64_t one_by_one = 64;
}

std::uint64_t Random::advance_to() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

double Random::fraction() { return static_cast<double>(advance_to() >> 11U) * 0x1.0p-53; }

std::uint64_t Random::binomial(std::uint64_t tries, double chance) {
  if (chance <= 0 || tries == 0) return 0;
  if (chance >= 1) return tries;
  if (tries <= one_by_one) {
    std::uint64_t hits = 0;
    for (std::uint64_t i = 0; i < tries; ++i) hits += fraction() < chance ? 1U : 0U;
    return hits;
  }
  const auto n = static_cast<double>(tries);
  const double normal = std::sqrt(-2 * std::log(1 - fraction())) * std::cos(2 * std::numbers::pi * fraction());
  const double drawn = std::round(n * chance + normal * std::sqrt(n * chance * (1 - chance)));
  return static_cast<std::uint64_t>(std::clamp(drawn, 0.0, n));
}

double Random::around(double mean, double spread) { return spread <= 0 ? mean : mean * (1 + spread * (2 * fraction() - 1)); }

}  // namespace mta::simulate
