// warmup/retry.h — when a recipient is tried again, and when it is given up.
//
// What      Exponential back-off with jitter, greylisting delays, expiry. Functions of values.
// Units     Durations in milliseconds; `luck` is uniform in [0, 1).
// Promise   The interval of attempt n is first · factor^(n−1), at most longest, ± jitter; never under one second.
// Errors    None: options are checked in conf.
// Source    RFC 5321 §4.5.4.1; WARMUP.md §8, §9.
// Not here  which answer asks for which retry (outcome.h), the back-off of a site (queue/site_backoff.h).
#pragma once

#include "warmup/options.h"

namespace warmup {

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
Duration retry_interval(const RetryOptions&, unsigned attempts, double luck);

// The delay that a greylisting remote named, clamped to 1 min … 12 h of real time.
Duration named_greylist_delay(Duration named);
// Where it named none: 5 min, doubling from `last` (0 = first time) up to 4 h.
Duration greylist_interval(Duration last);

bool expired(const RetryOptions&, bool null_sender, Duration backoff_used);

}  // namespace warmup
