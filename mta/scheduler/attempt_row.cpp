#include "mta/scheduler/attempt_row.h"

namespace mta {

namespace {

template <class Number>
void append(std::string& bytes, Number value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> static_cast<unsigned>(shift) & 0xFFU);
  }
}

std::uint64_t read(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char octet : bytes) value = value << 8U | static_cast<unsigned char>(octet);
  return value;
}

queue::Instant instant(std::string_view bytes) { return queue::Instant(queue::Duration(static_cast<std::int64_t>(read(bytes)))); }

}  // namespace

// due(8) next(8) source NUL provider NUL queue; names hold no NUL (conf), the queue is the rest.
std::string encode(const AttemptRow& row) {
  std::string bytes;
  append(bytes, static_cast<std::uint64_t>(row.due.time_since_epoch().count()));
  append(bytes, static_cast<std::uint64_t>(row.next.time_since_epoch().count()));
  bytes += row.source + '\0' + row.provider + '\0' + row.queue;
  return bytes;
}

std::optional<AttemptRow> decode_attempt(std::string_view bytes) {
  if (bytes.size() < 16) return std::nullopt;
  AttemptRow row;
  row.due = instant(bytes.substr(0, 8));
  row.next = instant(bytes.substr(8, 8));
  bytes.remove_prefix(16);
  for (std::string* field : {&row.source, &row.provider}) {
    const auto end = bytes.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    *field = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
  }
  row.queue = bytes;
  return row;
}

}  // namespace mta
