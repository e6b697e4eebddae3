#include "mta/books/lanes.h"

#include <algorithm>

namespace mta {

unsigned Lane::slots(const conf::Provider& limits, Instant now) const {
  const unsigned most = limited(now) ? 1U : std::min(static_cast<unsigned>(window), std::max(1U, limits.connections));
  return most > open ? most - open : 0;
}

void Lane::succeeded(const conf::Provider& limits) {
  window = std::min(static_cast<double>(std::max(1U, limits.connections)), window + 1.0 / window);
}

void Lane::failed() { window = std::max(1.0, window - 1.0 / window); }

}  // namespace mta
