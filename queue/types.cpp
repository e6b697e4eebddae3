#include "queue/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace queue {

namespace {

// Crockford: no I, L, O, U; in ASCII order, so text sorts as the number does.
constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t id_length = 13;  // 65 bits: the first character is one of 0 … F

// What people type: either case, and O for 0, I and L for 1.
std::optional<unsigned> digit(char typed) {
  if (typed >= 'a' && typed <= 'z') typed = static_cast<char>(typed - 'a' + 'A');
  if (typed == 'O') return 0;
  if (typed == 'I' || typed == 'L') return 1;
  const auto at = alphabet.find(typed);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(at);
}

}  // namespace

std::string MessageId::text() const {
  std::string words(id_length, '0');
  std::uint64_t rest = value;
  for (std::size_t at = id_length; at-- > 0; rest >>= 5U) words[at] = alphabet[rest & 31U];
  return words;
}

std::optional<MessageId> MessageId::parse(std::string_view words) {
  if (words.size() != id_length) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t at = 0; at < id_length; ++at) {
    const auto bits = digit(words[at]);
    if (!bits || (at == 0 && *bits > 15)) return std::nullopt;
    value = (value << 5U) | *bits;
  }
  return MessageId{value};
}

std::string RecipientId::text() const { return fmt::format("{}/{}", message.text(), number); }

std::optional<RecipientId> RecipientId::parse(std::string_view words) {
  const auto slash = words.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto message = MessageId::parse(words.substr(0, slash));
  const std::string_view digits = words.substr(slash + 1);
  if (!message || digits.empty() || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  RecipientId recipient{*message, 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), recipient.number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return recipient;
}

std::string rfc3339(Instant instant) {
  using namespace std::chrono;
  constexpr Instant earliest = sys_days{year{0} / 1 / 1};  // RFC 3339 §5.6: four digits for the year
  constexpr Instant latest = sys_days{year{9999} / 12 / 31} + days{1} - milliseconds{1};
  const Instant at = std::clamp(instant, earliest, latest);
  const auto midnight = floor<days>(at);
  const year_month_day date{midnight};
  const hh_mm_ss time{at - midnight};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

}  // namespace queue
