// Small worlds come to the same in the daemon and in `simulate`: on every day, in every lane, the same numbers.
#include <cstdlib>

#include "same.h"

namespace mta::sim {
namespace {

std::uint64_t number_from_env(const char* name, std::uint64_t usual) {
  const char* request = std::getenv(name);
  return request == nullptr || *request == '\0' ? usual : std::strtoull(request, nullptr, 10);
}

// SIM_SEED plays one world again; PARITY_SEEDS, from PARITY_FIRST on, plays others than the usual ones.
TEST(Parity, RandomSmallWorldsComeToTheSameInTheTownAndInSimulate) {
  constexpr std::uint64_t usual = 300, most_failures = 10;
  const bool one = std::getenv("SIM_SEED") != nullptr;
  const std::uint64_t first = one ? seed_from_env_or(1) : number_from_env("PARITY_FIRST", 1);
  const std::uint64_t count = one ? 1 : number_from_env("PARITY_SEEDS", usual);
  std::uint64_t failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < most_failures; ++seed) {
    const auto* result = testing::UnitTest::GetInstance()->current_test_info()->result();
    const int failed_before = result->total_part_count();
    comes_to_the_same(roll_world(seed));
    if (result->total_part_count() > failed_before) ++failures;
  }
}

}  // namespace
}  // namespace mta::sim
