// How long a remote asks us to wait, out of its own words.
#include <re2/re2.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "mta/deliver/verdict.h"

namespace mta {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t text_read = 4096;

const re2::RE2& clock_form() {  // "00:05:00"; not a part of an IPv6 address or of a longer number
  static const re2::RE2 form(R"((?:^|[^\d:a-f.])(\d{1,2}):(\d\d):(\d\d)(?:[^\d:a-f]|$))");
  return form;
}

const re2::RE2& number_form() {  // "500 seconds", "300s", "5 min", "one hour"; not "4.7.1 s"
  static const re2::RE2 form(
      R"((?i)(?:^|[^\w.:])(\d{1,6}|an?|one)[ -]?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b)");
  return form;
}

const re2::RE2& further_form() {  // "1 hour and 30 minutes"
  static const re2::RE2 form(R"((?i)^(?:,| and|, and)? ?(\d{1,6}) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b)");
  return form;
}

std::int64_t number_of(const std::string& text) { return text[0] >= '0' && text[0] <= '9' ? std::stoll(text) : 1; }

milliseconds unit_of(char letter) {
  switch (letter | 0x20) {
    case 's': return std::chrono::seconds(1);
    case 'm': return std::chrono::minutes(1);
    case 'h': return std::chrono::hours(1);
    default: return std::chrono::hours(24);
  }
}

}  // namespace

std::optional<milliseconds> named_delay(std::string_view text) {
  text = text.substr(0, text_read);
  re2::StringPiece rest(text.data(), text.size());
  std::array<int, 3> parts{};
  if (re2::RE2::PartialMatch(rest, clock_form(), &parts[0], &parts[1], &parts[2]))
    return std::chrono::hours(parts[0]) + std::chrono::minutes(parts[1]) + std::chrono::seconds(parts[2]);
  std::string number, unit;
  if (!re2::RE2::FindAndConsume(&rest, number_form(), &number, &unit)) return std::nullopt;
  milliseconds delay = number_of(number) * unit_of(unit[0]);
  while (re2::RE2::Consume(&rest, further_form(), &number, &unit)) delay += number_of(number) * unit_of(unit[0]);
  return delay;
}

}  // namespace mta
