#include "mta/ctl/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace mta::ctl {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::year_month_day;

constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

const char* month_of(const year_month_day& date) { return months.at(static_cast<unsigned>(date.month()) - 1); }

// `digits` decimal digits at `at`; nothing when there are others.
std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int number = 0;
  if (text.size() < at + digits || text[at] < '0' || text[at] > '9') return std::nullopt;
  const auto [end, fault] = std::from_chars(text.data() + at, text.data() + at + digits, number);
  return fault == std::errc() && end == text.data() + at + digits ? std::optional(number) : std::nullopt;
}

std::string two_units(std::int64_t big, char big_name, std::int64_t small, char small_name) {
  return small == 0 ? fmt::format("{}{}", big, big_name) : fmt::format("{}{} {}{}", big, big_name, small, small_name);
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  if (part == 0) return "0%";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (percent < 0.1) return "<0.1%";
  return percent < 9.95 ? fmt::format("{:.1f}%", percent) : fmt::format("{:.0f}%", percent);
}

std::string times(double factor, const Look& look) { return fmt::format("{}{:.2f}", look.utf8 ? "×" : "x", factor); }

std::string octets(std::uint64_t size) {
  constexpr std::array<const char*, 4> names{"KiB", "MiB", "GiB", "TiB"};
  if (size < 1024) return fmt::format("{} B", size);
  double left = static_cast<double>(size) / 1024;
  std::size_t unit = 0;
  for (; left >= 1024 && unit + 1 < names.size(); ++unit) left /= 1024;
  return fmt::format("{:.1f} {}", left, names.at(unit));
}

std::string lasting(seconds length) {
  const std::int64_t count = std::max<std::int64_t>(0, length.count());
  if (count < 60) return fmt::format("{}s", count);
  if (count < 3600) return fmt::format("{}m", count / 60);
  if (count < 86400) return two_units(count / 3600, 'h', count % 3600 / 60, 'm');
  return two_units(count / 86400, 'd', count % 86400 / 3600, 'h');
}

// "2026-11-21T09:00:00.000Z", "2026-11-21T18:00:00+09:00"
std::optional<WallTime> instant_of(std::string_view text) {
  const auto year = number_at(text, 0, 4), month = number_at(text, 5, 2), day = number_at(text, 8, 2);
  const auto hour = number_at(text, 11, 2), minute = number_at(text, 14, 2), second = number_at(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  WallTime made = std::chrono::sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second);
  std::size_t at = 19;
  if (at < text.size() && text[at] == '.') at = text.find_first_not_of("0123456789", at + 1);
  if (at >= text.size()) return std::nullopt;
  if (text[at] == 'Z' || text[at] == 'z') return made;
  const auto zone_hour = number_at(text, at + 1, 2), zone_minute = number_at(text, at + 4, 2);
  if ((text[at] != '+' && text[at] != '-') || !zone_hour || !zone_minute) return std::nullopt;
  const auto offset = hours(*zone_hour) + minutes(*zone_minute);
  return text[at] == '+' ? made - offset : made + offset;
}

std::string until(WallTime when, WallTime now) { return when <= now ? "now" : "in " + lasting(when - now); }

std::string about(WallTime when, WallTime now) {
  if (when <= now) return "now";
  const std::string whole = lasting(when - now);
  return whole.substr(0, whole.find(' '));
}

std::string day_or_time(WallTime when, WallTime now) {
  const auto midnight = floor<days>(when);
  const year_month_day date{midnight};
  if (midnight == floor<days>(now)) {
    const auto minute = std::chrono::duration_cast<minutes>(when - midnight).count();
    return fmt::format("{:02}:{:02}", minute / 60, minute % 60);
  }
  if (when - now < days(300) && now - when < days(300))
    return fmt::format("{} {}", static_cast<unsigned>(date.day()), month_of(date));
  return fmt::format("{} {}", month_of(date), static_cast<int>(date.year()));
}

std::string short_time(WallTime when) {
  const auto midnight = floor<days>(when);
  const year_month_day date{midnight};
  const auto minute = std::chrono::duration_cast<minutes>(when - midnight).count();
  return fmt::format("{} {} {:02}:{:02}", static_cast<unsigned>(date.day()), month_of(date), minute / 60, minute % 60);
}

std::string full_time(WallTime when) {
  const auto midnight = floor<days>(when);
  const year_month_day date{midnight};
  const auto second = (when - midnight).count();
  return fmt::format("{} {} {} {:02}:{:02}:{:02} UTC", static_cast<unsigned>(date.day()), month_of(date),
                     static_cast<int>(date.year()), second / 3600, second % 3600 / 60, second % 60);
}

std::string bar(std::uint64_t part, std::uint64_t whole, std::size_t columns, const Look& look) {
  const double ratio =
      whole == 0 ? (part > 0 ? 1.0 : 0.0) : std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
  auto halves = static_cast<std::size_t>(ratio * static_cast<double>(2 * columns));
  if (part > 0) halves = std::max<std::size_t>(halves, 1);  // something went is never shown as nothing
  std::string made;
  for (std::size_t at = 0; at < columns; ++at) {
    const std::size_t filled = std::min<std::size_t>(2, halves - std::min(halves, 2 * at));
    if (look.utf8)
      made += filled == 2 ? "█" : filled == 1 ? "▌" : "░";
    else
      made += filled == 2 ? '#' : filled == 1 ? '-' : '.';
  }
  return made;
}

}  // namespace mta::ctl
