// queue/types.h — the names of things that wait.
//
// What      Message and recipient ids, instants, and their text forms.
// Units     Instant: UTC milliseconds.
// Promise   Message ids sort by time of arrival, as numbers, as keys and as text, and are never given twice for one spool.
// Errors    parse() returns nothing for what is not an id.
// Source    RFC 5321 §4.4 (the id of the Received line).
// Not here  rows (message.h), where they are stored (store.h).
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace queue {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

// 48 bits of milliseconds, 16 bits of sequence; as text 13 characters of Crockford base 32.
struct MessageId {
  std::uint64_t value = 0;
  std::string text() const;
  static std::optional<MessageId> parse(std::string_view);
  friend auto operator<=>(const MessageId&, const MessageId&) = default;
};

struct RecipientId {
  MessageId message;
  std::uint32_t number = 0;  // position in the envelope, from 0
  std::string text() const;  // "0A1B2C3D4E5F6/3"
  static std::optional<RecipientId> parse(std::string_view);
  friend auto operator<=>(const RecipientId&, const RecipientId&) = default;
};

std::string rfc3339(Instant);  // "2026-11-21T09:00:00.000Z"

}  // namespace queue
