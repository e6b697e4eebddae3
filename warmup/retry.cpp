#include "warmup/retry.h"

#include <algorithm>
#include <cmath>

namespace warmup {

using namespace std::chrono_literals;

namespace {

constexpr Duration shortest = 1s;
constexpr Duration greylist_first = 5min, greylist_longest = 4h, named_least = 1min, named_most = 12h;
}  // namespace

// RFC 5321 §4.5.4.1 asks for 30 minutes or more between tries; mail people wait for is tried earlier at first, as is usual today.
Duration retry_interval(const RetryOptions& options, unsigned attempts, double luck) {
  const auto longest = static_cast<double>(options.longest.count());
  double interval = static_cast<double>(options.first.count());
  if (attempts > 1) interval *= std::pow(options.factor, static_cast<double>(attempts - 1));
  if (!(interval < longest)) interval = longest;  // infinite and not-a-number too
  interval *= 1.0 + options.jitter * (2.0 * luck - 1.0);
  return std::max(shortest, Duration{static_cast<Duration::rep>(std::llround(interval))});
}

Duration named_greylist_delay(Duration named) { return std::clamp(named, named_least, named_most); }

Duration greylist_interval(Duration last) {
  if (last <= Duration(0)) return greylist_first;
  return last >= greylist_longest ? greylist_longest : std::clamp(last * 2, greylist_first, greylist_longest);
}

bool expired(const RetryOptions& options, bool null_sender, Duration backoff_used) {
  return backoff_used >= (null_sender ? options.lifetime_bounce : options.lifetime);
}

}  // namespace warmup
