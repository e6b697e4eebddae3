#include "warmup/choose.h"

#include <limits>
#include <tuple>

namespace warmup {

std::size_t choose(const std::vector<Candidate>& candidates, Prefer prefer) {
  const auto rank = [&](const Candidate& each) {
    const bool warm = each.phase == Phase::warm;
    const bool liked = warm == (prefer == Prefer::warm);
    return std::tuple(!liked, ~each.left.value_or(std::numeric_limits<Recipients>::max()), each.open);
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    if (rank(candidates[i]) < rank(candidates[best])) best = i;
  }
  return best;
}

}  // namespace warmup
