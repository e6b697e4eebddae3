// queue/retry.h — when a recipient is tried again, and when we give up.
//
// What      Exponential back-off with jitter, greylisting delays, expiry. Functions of values.
// Units     Durations in milliseconds; `dice` is uniform in [0, 1).
// Promise   The interval of attempt n is first · factor^(n−1), at most longest, ± jitter; never under one second.
// Errors    None: options are checked in conf.
// Source    RFC 5321 §4.5.4.1; WARMUP.md §8, §9.
// Not here  which verdict asks for which retry (mta/deliver/verdict.h).
#pragma once

#include <optional>

#include "queue/types.h"

namespace queue {

struct RetryOptions {
  Duration first = std::chrono::minutes(5);
  double factor = 2.0;
  Duration longest = std::chrono::hours(4);
  double jitter = 0.1;
  Duration lifetime = std::chrono::hours(24 * 5);
  Duration lifetime_bounce = std::chrono::hours(24);
  Duration warn_after{0};  // 0: never
};

// REQUIRES: attempts ≥ 1 (the number of attempts made, the failed one included).
Duration retry_interval(const RetryOptions&, unsigned attempts, double dice);

// A delay that the remote named is clamped to 1 min … 12 h; without one 5 min, doubling from `last` (0 = first time) up to 4 h.
Duration greylist_interval(std::optional<Duration> named, Duration last);

// Site back-off: 1 min doubling to 1 h.
Duration site_interval(Duration last);

bool expired(const RetryOptions&, bool null_sender, Duration backoff_used);

}  // namespace queue
