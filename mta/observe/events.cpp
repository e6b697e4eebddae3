#include "mta/observe/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <utility>

#include "mta/smtp/utf8.h"

namespace mta {

namespace {

constexpr std::string_view hour_prefix = "events/hour/";

std::string big_endian(std::uint64_t value) {
  std::string bytes(8, '\0');
  for (std::size_t i = 8; i-- > 0; value >>= 8U) bytes[i] = static_cast<char>(value & 0xFFU);
  return bytes;
}

// RFC 8259 §7, and other octets than UTF-8 become U+FFFD. Written straight into the line: an event is made for each step of each
// recipient.
void append_text(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    const auto plain = std::find_if(text.begin(), text.end(), [](char octet) {
      return static_cast<unsigned char>(octet) < 0x20 || static_cast<unsigned char>(octet) >= 0x80 || octet == '"' ||
             octet == '\\';
    });
    const auto length = static_cast<std::size_t>(plain - text.begin());
    line += text.substr(0, length);
    text.remove_prefix(length);
    if (text.empty()) break;
    const auto octet = static_cast<unsigned char>(text.front());
    std::size_t taken = 1;
    if (octet == '"' || octet == '\\') {
      line += '\\';
      line += text.front();
    } else if (octet < 0x20) {
      line += fmt::format("\\u{:04x}", octet);
    } else if ((taken = smtp::utf8_length(text)) > 0) {
      line += text.substr(0, taken);
    } else {
      line += "\xEF\xBF\xBD";
      taken = 1;
    }
    text.remove_prefix(taken);
  }
  line += '"';
}

void append_number(std::string& line, const fmt::format_int& number) { line.append(number.data(), number.size()); }

void append_value(std::string& line, const boost::json::value& value);

void append_fields(std::string& line, const boost::json::object& fields) {
  bool first = true;
  for (const auto& field : fields) {
    if (!std::exchange(first, false)) line += ',';
    append_text(line, field.key());
    line += ':';
    append_value(line, field.value());
  }
}

void append_value(std::string& line, const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::string: return append_text(line, value.get_string());
    case boost::json::kind::int64: return append_number(line, fmt::format_int(value.get_int64()));
    case boost::json::kind::uint64: return append_number(line, fmt::format_int(value.get_uint64()));
    case boost::json::kind::object: {
      line += '{';
      append_fields(line, value.get_object());
      line += '}';
      return;
    }
    case boost::json::kind::null:
    case boost::json::kind::bool_:
    case boost::json::kind::double_:
    case boost::json::kind::array: line += boost::json::serialize(value);
  }
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
  std::string line = fmt::format("{{\"seq\":{},\"time\":\"{}\",\"type\":\"{}\"", ++seq_, queue::rfc3339(now), type);
  for (const auto& field : fields) {
    if (field.value().is_string() && field.value().get_string().empty()) continue;
    line += ',';
    append_text(line, field.key());
    line += ':';
    append_value(line, field.value());
  }
  line += '}';
  batch.put(queue::Family::event, queue::event_key(seq_), line);
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
