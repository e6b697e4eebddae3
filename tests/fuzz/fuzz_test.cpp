// Good inputs, spoilt in every way that dice think of: the parsers keep their promises. SIM_SEED replays a run, FUZZ_ROUNDS makes it
// longer.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/fuzz/targets.h"
#include "tests/sim/world/world.h"

namespace fuzz {
namespace {

using mta::sim::SimDice;

constexpr char spice_octets[] = "<>@:\",.=+; \t\0\r\n\\[]%&?-/\x80\xC3\xFF";
constexpr std::string_view spice(spice_octets, sizeof spice_octets - 1);

char any(SimDice& dice) {
  return dice.chance(0.6) ? spice[static_cast<std::size_t>(dice.below(spice.size()))] : static_cast<char>(dice.below(256));
}

std::string spoilt(std::string input, const Target& target, SimDice& dice) {
  for (auto changes = dice.between(1, 5); changes > 0; --changes) {
    const auto at = static_cast<std::size_t>(dice.below(input.size() + 1));
    const auto length = static_cast<std::size_t>(dice.between(1, 12));
    switch (dice.below(7)) {
      case 0: input.insert(at, 1, any(dice)); break;
      case 1: input.erase(at, length); break;
      case 2: input.insert(at, input.substr(at, length * 4)); break;
      case 3: input.insert(at, dice.chance(0.5) ? "\r\n.\r\n" : "\r\n"); break;
      case 4: {
        const auto& other = target.seeds[static_cast<std::size_t>(dice.below(target.seeds.size()))];
        input.insert(at, other.substr(static_cast<std::size_t>(dice.below(other.size() + 1)), length * 3));
        break;
      }
      default:
        if (at < input.size()) input[at] = any(dice);
    }
  }
  return input;
}

std::uint64_t rounds() {
  const char* wish = std::getenv("FUZZ_ROUNDS");
  return wish == nullptr ? 20'000 : std::strtoull(wish, nullptr, 10);
}

class Fuzz : public testing::TestWithParam<std::size_t> {};

TEST_P(Fuzz, NoInputBreaksAPromise) {
  const Target& target = targets()[GetParam()];
  const auto seed = mta::sim::seed_from_env_or(11);
  SimDice dice(seed, target.name);
  for (const std::string& good : target.seeds) ASSERT_EQ(target.broken_promise(good), "") << testing::PrintToString(good);
  ASSERT_EQ(target.broken_promise(""), "");
  for (std::uint64_t round = 0; round < rounds(); ++round) {
    std::string input = spoilt(target.seeds[static_cast<std::size_t>(dice.below(target.seeds.size()))], target, dice);
    if (round % 20 == 0) std::ranges::generate(input, [&] { return static_cast<char>(dice.below(256)); });
    ASSERT_EQ(target.broken_promise(input), "") << "SIM_SEED=" << seed << ", input: " << testing::PrintToString(input);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz, testing::Range<std::size_t>(0, targets().size()),
                         [](const auto& at) { return targets()[at.param].name; });

}  // namespace
}  // namespace fuzz
