#include "warmup/live_lane.h"

#include <algorithm>

namespace warmup {

namespace {
constexpr double first_window = 5;
}

unsigned LiveLane::free_connections(unsigned most, Instant now) const {
  unsigned allowed = limited(now) ? 1U : std::min(static_cast<unsigned>(window), std::max(1U, most));
  if (record.brake.connections != 0) allowed = std::min(allowed, record.brake.connections);
  return allowed > open ? allowed - open : 0;
}

void LiveLane::start_window(unsigned most) { window = std::min(first_window, static_cast<double>(std::max(1U, most))); }

void LiveLane::succeeded(unsigned most) { window = std::min(static_cast<double>(std::max(1U, most)), window + 1.0 / window); }

void LiveLane::failed() { window = std::max(1.0, window - 1.0 / window); }

}  // namespace warmup
