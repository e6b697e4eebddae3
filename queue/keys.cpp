#include "queue/keys.h"

#include "queue/bytes.h"

namespace queue {

namespace {

std::string numbered(MessageId message, std::uint32_t number) {
  std::string key;
  key.reserve(12);
  append_big_endian(key, message.value);
  append_big_endian(key, number);
  return key;
}

}  // namespace

std::string message_key(MessageId message) {
  std::string key;
  append_big_endian(key, message.value);
  return key;
}

std::string message_end(MessageId message) {
  if (message.value == UINT64_MAX) return std::string(13, '\xff');  // longer than any key of that message
  return message_key({message.value + 1});
}

std::optional<MessageId> decode_message_key(std::string_view key) {
  if (key.size() != 8) return std::nullopt;
  return MessageId{read_big_endian_64(key)};
}

std::string body_key(MessageId message, std::uint32_t number) { return numbered(message, number); }

std::optional<BodyPlace> decode_body_key(std::string_view key) {
  if (key.size() != 12) return std::nullopt;
  return BodyPlace{{read_big_endian_64(key)}, read_big_endian_32(key.substr(8))};
}

std::string recipient_key(const RecipientId& recipient) { return numbered(recipient.message, recipient.number); }

std::optional<RecipientId> decode_recipient_key(std::string_view key) {
  if (key.size() != 12) return std::nullopt;
  return RecipientId{{read_big_endian_64(key)}, read_big_endian_32(key.substr(8))};
}

std::string event_key(std::uint64_t sequence) {
  std::string key;
  append_big_endian(key, sequence);
  return key;
}

std::optional<std::uint64_t> decode_event_key(std::string_view key) {
  if (key.size() != 8) return std::nullopt;
  return read_big_endian_64(key);
}

}  // namespace queue
