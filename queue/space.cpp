#include "queue/space.h"

#include <algorithm>

namespace queue {

namespace {
constexpr std::uint64_t megabyte = 1U << 20U;
constexpr std::uint64_t dead_allowed = 32 * megabyte, gain_wanted = 16 * megabyte;

std::uint64_t less(std::uint64_t from, std::uint64_t octets) { return from - std::min(from, octets); }
}  // namespace

std::uint64_t dead_octets(const SpoolUse& use, std::uint64_t waits) { return less(use.bodies + use.logs, waits); }

bool is_low(const SpoolUse& use, const SpaceRule& rule) {
  if (use.free >= rule.min_free) return false;
  const std::uint64_t gain = less(dead_octets(use, rule.waits), rule.left);
  return use.free < rule.min_free / 4 || use.free + gain < rule.min_free;
}

bool is_worth_it(const SpoolUse& use, const SpaceRule& rule) {
  const std::uint64_t dead = dead_octets(use, rule.waits), gain = less(dead, rule.left);
  if (use.free < rule.min_free) return gain >= megabyte;
  return gain >= gain_wanted && dead >= dead_allowed + rule.waits / 2;
}

}  // namespace queue
