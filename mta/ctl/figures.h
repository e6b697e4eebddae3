// mta/ctl/figures.h — numbers as a tired operator reads them.
//
// What      Counts, shares, durations, instants and bars as short text.
// Units     Durations in seconds; instants UTC.
// Promise   Pure; the clock is an argument.
// Errors    instant_of gives nothing for what is no RFC 3339 instant.
// Source    RFC 3339 §5.6.
// Not here  where they stand (table.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mta/ctl/look.h"

namespace mta::ctl {

using WallTime = std::chrono::sys_seconds;

std::string grouped(std::uint64_t);                            // 1234567 → "1,234,567"
std::string share(std::uint64_t part, std::uint64_t whole);    // "0%", "2.2%", "12%"; REQUIRES: whole > 0
std::string times(double factor, const Look&);                 // "×1.29"
std::string octets(std::uint64_t);                             // "4.0 KiB"
std::string lasting(std::chrono::seconds);                     // "45s", "12m", "3h 12m", "2d 4h"
std::optional<WallTime> instant_of(std::string_view rfc3339);  // fractions are dropped
std::string until(WallTime when, WallTime now);                // "now", "in 4m"
std::string about(WallTime when, WallTime now);                // "now", "4m", "11h", "2d": its largest unit
std::string day_or_time(WallTime when, WallTime now);          // "14:00" today, "28 Nov", "Mar 2028"
std::string short_time(WallTime);                              // "21 Nov 09:00"
std::string full_time(WallTime);                               // "21 Nov 2026 09:00:00 UTC"
std::string bar(std::uint64_t part, std::uint64_t whole, std::size_t columns, const Look&);  // full only when part ≥ whole

}  // namespace mta::ctl
