#include "conf/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace conf {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<Unit, 4> durations{{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}};  // in seconds
constexpr std::array<Unit, 5> sizes{
    {{"B", 1}, {"KiB", 1ULL << 10U}, {"MiB", 1ULL << 20U}, {"GiB", 1ULL << 30U}, {"TiB", 1ULL << 40U}}};
constexpr std::array<Unit, 3> rates{{{"/s", 1}, {"/min", 60}, {"/h", 3600}}};
constexpr std::uint64_t longest_seconds = 86400ULL * 36525;

// The digits at the front, which are taken away. A sign or a blank is no digit.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

struct Quantity {
  std::uint64_t number, factor;
};

template <std::size_t n>
std::optional<Quantity> parse_quantity(std::string_view text, const std::array<Unit, n>& units) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  for (const auto& unit : units) {
    if (text == unit.name) return Quantity{*number, unit.factor};
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto found = parse_quantity(text, durations);
  if (!found || found->number > longest_seconds / found->factor) return std::nullopt;
  return std::chrono::seconds(found->number * found->factor);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto found = parse_quantity(text, sizes);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!found || found->number > most / found->factor) return std::nullopt;
  return found->number * found->factor;
}

std::optional<double> parse_rate(std::string_view text) {
  const auto found = parse_quantity(text, rates);
  if (!found || found->number == 0) return std::nullopt;
  return static_cast<double>(found->number) / static_cast<double>(found->factor);
}

std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  std::string_view hours = text.substr(0, 2), minutes = text.substr(3);
  const auto hour = take_number(hours), minute = take_number(minutes);
  if (!hour || !minute || !hours.empty() || !minutes.empty() || *hour > 23 || *minute > 59) return std::nullopt;
  return std::chrono::minutes(*hour * 60 + *minute);
}

std::string duration_text(std::chrono::milliseconds duration) {
  if (duration.count() % 1000 != 0) return fmt::format("{}ms", duration.count());
  const auto seconds = static_cast<std::uint64_t>(duration.count() / 1000);
  std::string text = fmt::format("{}s", seconds);
  for (const auto& unit : durations) {
    if (seconds != 0 && seconds % unit.factor == 0) text = fmt::format("{}{}", seconds / unit.factor, unit.name);
  }
  return text;
}

std::string size_text(std::uint64_t octets) {
  std::string text = fmt::format("{}B", octets);
  for (const auto& unit : sizes) {
    if (octets != 0 && octets % unit.factor == 0) text = fmt::format("{}{}", octets / unit.factor, unit.name);
  }
  return text;
}

}  // namespace conf
