// conf/units.h — durations, sizes and rates as the configuration writes them.
//
// What      Text → value, and durations back to text for messages.
// Units     Durations in milliseconds, sizes in octets, rates in messages a second.
// Promise   Exactly the forms of conf/example.toml: whole number and unit, nothing before, between or after. No overflow.
// Errors    Nothing is returned for other text.
// Source    conf/example.toml: "90s" "5m" "4h" "5d"; "50MiB"; "20/s" "600/min" "1000/h".
// Not here  who uses them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conf {

std::optional<std::chrono::milliseconds> parse_duration(std::string_view);  // s m h d; at most 100 years
std::optional<std::uint64_t> parse_size(std::string_view);                  // B KiB MiB GiB TiB
std::optional<double> parse_rate(std::string_view);                         // s min h; above zero
std::optional<std::chrono::minutes> parse_time_of_day(std::string_view);    // "00:00" … "23:59"

std::string duration_text(std::chrono::milliseconds);  // "90s", "4h", "5d"
std::string size_text(std::uint64_t);                  // "50MiB", "1000B"

}  // namespace conf
