#include "mta/observe/events.h"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include "mta/smtp/utf8.h"

namespace mta {

namespace {

constexpr std::string_view hour_prefix = "events/hour/";

std::string big_endian(std::uint64_t value) {
  std::string bytes(8, '\0');
  for (std::size_t i = 8; i-- > 0; value >>= 8U) bytes[i] = static_cast<char>(value & 0xFFU);
  return bytes;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = smtp::utf8_length(text);
    if (length == 0) {
      result += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      result.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return result;
}

std::string domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return {};
  std::string domain(address.substr(at + 1));
  for (char& letter : domain) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return domain;
}

std::uint64_t event_seq(std::string_view key) { return queue::decode_event_key(key).value_or(0); }

void EventLog::add(queue::Batch& batch, Instant now, std::string_view type, const boost::json::object& fields) {
  boost::json::object event;
  event.reserve(fields.size() + 3);
  event["seq"] = ++seq_;
  event["time"] = queue::rfc3339(now);
  event["type"] = type;
  for (const auto& field : fields) {
    const auto* text = field.value().if_string();
    if (text == nullptr) {
      event[field.key()] = field.value();
    } else if (!text->empty()) {
      event[field.key()] = valid_utf8({text->data(), text->size()});
    }
  }
  batch.put(queue::Family::event, queue::event_key(seq_), boost::json::serialize(event));
  // A mark an hour tells expire_events where to cut without reading events.
  const auto hour = std::chrono::duration_cast<std::chrono::hours>(now.time_since_epoch()).count();
  if (hour != hour_) {
    hour_ = hour;
    batch.put(queue::Family::meta, std::string(hour_prefix) + big_endian(static_cast<std::uint64_t>(hour)),
              queue::event_key(seq_));
  }
}

bool expire_events(queue::Batch& batch, const queue::Store& store, Instant before) {
  const auto last_hour = std::chrono::duration_cast<std::chrono::hours>(before.time_since_epoch()).count();
  const std::string from(hour_prefix), to = from + big_endian(static_cast<std::uint64_t>(last_hour));
  std::string cut;
  std::vector<std::string> marks;
  for (auto mark = store.scan(queue::Family::meta, from, to); mark.valid(); mark.next()) {
    marks.emplace_back(mark.key());
    cut = mark.value();
  }
  if (marks.size() < 2) return false;
  batch.erase_range(queue::Family::event, queue::event_key(0), cut);
  marks.pop_back();  // the hour that begins at the cut stays
  for (const auto& mark : marks) batch.erase(queue::Family::meta, mark);
  return true;
}

boost::json::object about(const queue::Message& message, std::uint32_t number, const queue::Recipient& recipient) {
  boost::json::object fields;
  fields["id"] = message.id.text();
  fields["recipient_id"] = queue::RecipientId{message.id, number}.text();
  fields["message_id"] = message.message_id;
  fields["class"] = message.mail_class;
  fields["sender"] = message.sender;
  fields["recipient"] = recipient.address;
  fields["domain"] = domain_of(recipient.address);
  return fields;
}

}  // namespace mta
