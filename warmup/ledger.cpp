#include "warmup/ledger.h"

#include <algorithm>
#include <charconv>

namespace warmup {

void Ledger::roll(Instant now) {
  const auto today = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  if (today == day) return;
  *this = Ledger{.day = today, .reserved = reserved, .outcomes = {}};
}

void Ledger::refund(Recipients n) { reserved -= std::min(reserved, n); }

void Ledger::charge(Recipients n) {
  refund(n);
  sent += n;
}

void Ledger::count(std::string_view verdict, Recipients n) {
  attempts += n;
  outcomes[std::string(verdict)] += n;
  if (verdict == "delivered") delivered += n;
}

// "1 day sent delivered reserved attempts name=count …": a version, then words.
std::string encode(const Ledger& ledger) {
  std::string row = "1";
  for (const Recipients value :
       {static_cast<Recipients>(ledger.day), ledger.sent, ledger.delivered, ledger.reserved, ledger.attempts}) {
    row += ' ' + std::to_string(value);
  }
  for (const auto& [verdict, count] : ledger.outcomes) row += ' ' + verdict + '=' + std::to_string(count);
  return row;
}

namespace {
std::string_view next_word(std::string_view& row) {
  const auto end = std::min(row.find(' '), row.size());
  const auto word = row.substr(0, end);
  row.remove_prefix(std::min(end + 1, row.size()));
  return word;
}

std::optional<Recipients> number(std::string_view word) {
  Recipients value = 0;
  const auto end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, value);
  if (word.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}
}  // namespace

std::optional<Ledger> decode_ledger(std::string_view row) {
  if (next_word(row) != "1") return std::nullopt;
  Ledger ledger;
  Recipients day = 0;
  for (Recipients* field : {&day, &ledger.sent, &ledger.delivered, &ledger.reserved, &ledger.attempts}) {
    const auto value = number(next_word(row));
    if (!value) return std::nullopt;
    *field = *value;
  }
  ledger.day = static_cast<std::int64_t>(day);
  while (!row.empty()) {
    const auto word = next_word(row);
    const auto equals = word.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto value = number(word.substr(equals + 1));
    if (!value) return std::nullopt;
    ledger.outcomes[std::string(word.substr(0, equals))] = *value;
  }
  return ledger;
}

}  // namespace warmup
