#include "queue/retry.h"

#include <algorithm>
#include <cmath>

namespace queue {

using namespace std::chrono_literals;

namespace {

constexpr Duration shortest = 1s;
constexpr Duration greylist_first = 5min, greylist_longest = 4h, named_least = 1min, named_most = 12h;
constexpr Duration site_first = 1min, site_longest = 1h;

Duration doubled(Duration last, Duration first, Duration longest) {
  if (last <= Duration::zero()) return first;
  if (last >= longest) return longest;
  return std::clamp(last * 2, first, longest);
}

}  // namespace

// RFC 5321 §4.5.4.1 asks for 30 minutes or more between tries; mail people wait for is tried earlier at first, as is usual today.
Duration retry_interval(const RetryOptions& options, unsigned attempts, double dice) {
  const auto longest = static_cast<double>(options.longest.count());
  double interval = static_cast<double>(options.first.count());
  if (attempts > 1) interval *= std::pow(options.factor, static_cast<double>(attempts - 1));
  if (!(interval < longest)) interval = longest;  // infinite and not-a-number too
  interval *= 1.0 + options.jitter * (2.0 * dice - 1.0);
  return std::max(shortest, Duration{static_cast<Duration::rep>(std::llround(interval))});
}

Duration greylist_interval(std::optional<Duration> named, Duration last) {
  if (named) return std::clamp(*named, named_least, named_most);
  return doubled(last, greylist_first, greylist_longest);
}

Duration site_interval(Duration last) { return doubled(last, site_first, site_longest); }

bool expired(const RetryOptions& options, bool null_sender, Duration backoff_used) {
  return backoff_used >= (null_sender ? options.lifetime_bounce : options.lifetime);
}

}  // namespace queue
