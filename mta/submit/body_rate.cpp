#include "mta/submit/body_rate.h"

#include <algorithm>

namespace mta {

using std::chrono::floor;
using std::chrono::seconds;

void BodyRate::waited(Duration time) {
  const auto before = static_cast<std::uint64_t>(floor<seconds>(waited_).count());
  waited_ += time;
  const auto now = static_cast<std::uint64_t>(floor<seconds>(waited_).count());
  if (now - before >= kept) {
    octets_.fill(0);
    return;
  }
  for (auto second = before + 1; second <= now; ++second) octets_[second % kept] = 0;
}

void BodyRate::came(std::size_t octets) { octets_[static_cast<std::uint64_t>(floor<seconds>(waited_).count()) % kept] += octets; }

BodyRate::Duration BodyRate::patience() const {
  if (least_ == 0) return Duration::max();
  const auto now = static_cast<std::uint64_t>(floor<seconds>(waited_).count());
  const std::uint64_t wanted = least_ * window;
  std::uint64_t sum = 0;  // of the `window` seconds that end before `end`
  for (std::uint64_t second = now >= window ? now - window : 0; second < now; ++second) sum += in_second(second);
  for (auto end = now;; ++end) {
    if (end >= window && sum < wanted) return std::max(Duration(0), seconds(end) - waited_);
    sum += end == now ? in_second(now) : 0;
    if (end >= window) sum -= end - window <= now ? in_second(end - window) : 0;
  }
}

}  // namespace mta
