// queue/keys.h — keys of rows that are not of queues.
//
// What      Keys of the families body, message, recipient, attempt and event, and back.
// Units     Big-endian numbers: keys sort as what they name. attempt rows have the recipient's key.
// Promise   Bodies and recipients of one message are contiguous, in [first, end).
// Errors    decode returns nothing for what is no key.
// Source    STORE.md.
// Not here  queue and wake keys (queue.h), lane and meta keys (their owners).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "queue/types.h"

namespace queue {

std::string message_key(MessageId);
std::string message_end(MessageId);  // first key after the message's rows, in message, body, recipient and attempt
std::optional<MessageId> decode_message_key(std::string_view);

std::string body_key(MessageId, std::uint32_t number);
struct BodyPlace {
  MessageId message;
  std::uint32_t number = 0;
};
std::optional<BodyPlace> decode_body_key(std::string_view);

std::string recipient_key(const RecipientId&);  // attempt rows too
std::optional<RecipientId> decode_recipient_key(std::string_view);

std::string event_key(std::uint64_t sequence);
std::optional<std::uint64_t> decode_event_key(std::string_view);

}  // namespace queue
