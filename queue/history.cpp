#include "queue/history.h"

#include <algorithm>

#include "queue/bytes.h"
#include "queue/keys.h"

namespace queue {

namespace {

constexpr char history_format = 0x41;  // STORE.md
constexpr std::size_t hour_octets = 4, key_octets = 16;

// Not within a character: octets 10xxxxxx continue one.
std::string_view cut(std::string_view text) {
  if (text.size() <= Ended::longest_text) return text;
  std::size_t end = Ended::longest_text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace

std::string_view name(End end) {
  switch (end) {
    case End::delivered: return "delivered";
    case End::bounced: return "bounced";
    case End::expired: return "expired";
    case End::dropped: return "dropped";
  }
  return "delivered";
}

End end_of(Fate fate) {
  if (fate == Fate::failed) return End::bounced;
  return fate == Fate::expired ? End::expired : End::delivered;
}

std::string encode(const Ended& row) {
  Writer out(history_format);
  out.instant(row.ended);
  out.duration(row.ended - row.accepted);
  out.number(static_cast<std::uint8_t>(row.end));
  for (const std::string* text : {&row.recipient, &row.sender, &row.message_id, &row.mail_class, &row.provider})
    out.text(cut(*text));
  out.number(row.attempts);
  out.text(row.last.verdict);
  out.number(row.last.code);
  for (const std::string* text : {&row.last.enhanced, &row.last.text, &row.last.mx, &row.last.source}) out.text(cut(*text));
  out.duration(row.ended - row.last.at);
  out.text(cut(row.by));
  out.text(cut(row.reason));
  return out.take();
}

std::optional<Ended> decode_ended(std::string_view key, std::string_view value) {
  if (key.size() != key_octets) return std::nullopt;
  const auto id = decode_recipient_key(key.substr(hour_octets));
  if (!id) return std::nullopt;
  Reader in(history_format, value);
  Ended row;
  row.id = *id;
  row.ended = in.instant();
  row.accepted = row.ended - in.duration();
  row.end = static_cast<End>(in.number_8(static_cast<std::uint8_t>(End::dropped)));
  for (std::string* text : {&row.recipient, &row.sender, &row.message_id, &row.mail_class, &row.provider}) *text = in.text();
  row.attempts = in.number_32();
  row.last.verdict = in.text();
  row.last.code = in.number_16();
  for (std::string* text : {&row.last.enhanced, &row.last.text, &row.last.mx, &row.last.source}) *text = in.text();
  row.last.at = row.ended - in.duration();
  row.by = in.text();
  row.reason = in.text();
  if (!in.done()) return std::nullopt;
  return row;
}

HourNumber hour_of(Instant instant) {
  const auto hours = std::chrono::floor<std::chrono::hours>(instant.time_since_epoch()).count();
  return static_cast<HourNumber>(std::clamp<std::int64_t>(hours, 0, UINT32_MAX - 1));
}

std::string history_hour_key(HourNumber hour) {
  std::string key;
  append_big_endian(key, hour);
  return key;
}

std::string history_key(Instant ended, const RecipientId& id) { return history_hour_key(hour_of(ended)) + recipient_key(id); }

std::string history_key(HourNumber hour, MessageId id) { return history_hour_key(hour) + message_key(id); }

std::optional<HourNumber> decode_history_hour(std::string_view key) {
  if (key.size() < hour_octets) return std::nullopt;
  return read_big_endian_32(key.substr(0, hour_octets));
}

bool is_history_hour(std::string_view key) { return key.size() == hour_octets; }

}  // namespace queue
