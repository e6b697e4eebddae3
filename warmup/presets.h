// warmup/presets.h — published warm-up schedules.
//
// What      The caps a day of a schedule by its name.
// Units     Recipients a day, over all providers. sendgrid publishes an hourly limit: the cap is 24 times it.
// Promise   Ascending; empty for a name that is none.
// Errors    None.
// Source    WARMUP.md §2; the senders' published tables (SendGrid, SparkPost; Amazon SES gives 45 days up to 50,000).
// Not here  curves of a plan (curve.h).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace warmup {

std::vector<std::uint64_t> preset_caps(std::string_view name);

}  // namespace warmup
