// Rows of the store: whatever the disk gives back is a row in its one form, or none.
#include "mta/scheduler/attempt_row.h"
#include "queue/keys.h"
#include "queue/message.h"
#include "queue/queue.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

std::string check_message(std::string_view octets) {
  const auto message = queue::decode_message({7}, octets);
  return message && encode(*message) != octets ? "a message in a second form" : "";
}

std::string check_recipient(std::string_view octets) {
  const auto recipient = queue::decode_recipient(octets);
  return recipient && encode(*recipient) != octets ? "a recipient in a second form" : "";
}

std::string check_attempt(std::string_view octets) {
  const auto attempt = mta::decode_attempt(octets);
  return attempt && encode(*attempt) != octets ? "an attempt in a second form" : "";
}

std::string check_keys(std::string_view octets) {
  if (const auto line = queue::QueueKey::decode(octets); line && line->encode() != octets) return "a line in a second form";
  if (const auto record = queue::decode_queue_record(octets); record && encode(*record) != octets)
    return "a record in a second form";
  if (const auto wake = queue::decode_wake(octets); wake && queue::wake_key(wake->at, wake->queue) != octets) return "a wake key";
  if (const auto row = queue::decode_queue_row("line", octets); row && queue::queue_row_key("line", *row) != octets)
    return "a row key";
  if (const auto id = queue::decode_message_key(octets); id && queue::message_key(*id) != octets) return "a message key";
  if (const auto id = queue::decode_recipient_key(octets); id && queue::recipient_key(*id) != octets) return "a recipient key";
  if (const auto place = queue::decode_body_key(octets); place && queue::body_key(place->message, place->number) != octets)
    return "a body key";
  if (const auto event = queue::decode_event_key(octets); event && queue::event_key(*event) != octets) return "an event key";
  if (const auto id = queue::MessageId::parse(octets); id && queue::MessageId::parse(id->text()) != id) return "an id";
  if (const auto id = queue::RecipientId::parse(octets); id && queue::RecipientId::parse(id->text()) != id)
    return "a recipient's id";
  return {};
}

queue::Recipient waiting() {
  queue::Recipient made;
  made.address = "a@example.com";
  made.orcpt = "rfc822;b@example.com";
  made.attempts = 3;
  made.last = {"greylisted", 450, "4.2.0", "try again", "mx1.example.com", "ip-1", queue::Instant(std::chrono::hours(5))};
  return made;
}

queue::Message accepted() {
  queue::Message made;
  made.sender = "app@example.com";
  made.size = 4096;
  made.chunks = 1;
  made.prefix = "DKIM-Signature: v=1\r\n";
  made.mail_class = "bulk";
  return made;
}

}  // namespace

Target message_row() { return {"message_row", check_message, {encode(accepted()), encode(queue::Message{})}}; }
queue::Recipient rate_limited() {
  queue::Recipient made = waiting();
  made.limited = {{"ip-1", queue::Instant(std::chrono::hours(5))}};
  return made;
}
Target recipient_row() {
  return {"recipient_row", check_recipient, {encode(waiting()), encode(rate_limited()), encode(queue::Recipient{})}};
}
Target attempt_row() {
  return {"attempt_row", check_attempt, {encode(mta::AttemptRow{{}, {}, "ip-1", "google", "line"}), encode(mta::AttemptRow{})}};
}
Target queue_keys() {
  const queue::QueueKey line{queue::QueueKind::routed, "default", "google", "bulk", "mx1.example.com", "ip-1"};
  return {"queue_keys",
          check_keys,
          {line.encode(), queue::wake_key({}, "line"), queue::queue_row_key("line", {{}, {{9}, 1}}),
           queue::recipient_key({{9}, 1}), queue::body_key({9}, 2), queue::event_key(77), encode(queue::QueueRecord{}),
           queue::MessageId{0x123456789}.text(), queue::RecipientId{{0x123456789}, 4}.text()}};
}

}  // namespace fuzz
