#include "mta/observe/event.h"

#include <fmt/format.h>

#include <algorithm>

#include "mta/smtp/utf8.h"

namespace mta {

namespace {

// Members of one object, written straight into the line: an event is made for each step of each recipient.
class EventLine {
 public:
  EventLine(std::uint64_t seq, Instant time, std::string_view type) {
    line_.reserve(640);
    fmt::format_to(std::back_inserter(line_), "{{\"seq\":{},\"time\":\"{}\",\"type\":\"{}\"", seq, queue::rfc3339(time), type);
  }

  void text(std::string_view name, std::string_view value) {  // left out when it is empty
    if (value.empty()) return;
    begin(name);
    quote(value);
  }
  template <std::integral Whole>
  void number(std::string_view name, Whole value) {
    begin(name);
    if constexpr (std::same_as<Whole, bool>) {
      line_ += value ? "true" : "false";
    } else {
      const fmt::format_int digits(value);
      line_.append(digits.data(), digits.size());
    }
  }
  void number(std::string_view name, double value) {
    begin(name);
    line_ += fmt::format("{}", value);
  }
  void null(std::string_view name) {
    begin(name);
    line_ += "null";
  }
  template <class Number>
  void number_or_null(std::string_view name, const std::optional<Number>& value) {
    value ? number(name, *value) : null(name);
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    begin(name);
    line_ += '[';
    for (const auto& value : values) {
      if (&value != values.data()) line_ += ',';
      quote(value);
    }
    line_ += ']';
  }
  void tls(const std::optional<TlsUsed>& used) {
    if (!used) return null("tls");
    begin("tls");
    line_ += "{\"version\":";
    quote(used->version);
    line_ += ",\"cipher\":";
    quote(used->cipher);
    line_ += used->verified ? ",\"verified\":true}" : ",\"verified\":false}";
  }
  std::string end() { return std::move(line_ += '}'); }

 private:
  void begin(std::string_view name) { ((line_ += ",\"") += name) += "\":"; }
  void quote(std::string_view text);

  std::string line_;
};

bool stands_for_itself(char octet) {
  return static_cast<unsigned char>(octet) >= 0x20 && static_cast<unsigned char>(octet) < 0x80 && octet != '"' && octet != '\\';
}

// RFC 8259 §7.
void EventLine::quote(std::string_view text) {
  line_ += '"';
  while (!text.empty()) {
    const auto plain = std::find_if_not(text.begin(), text.end(), stands_for_itself);
    line_.append(text.begin(), plain);
    text.remove_prefix(static_cast<std::size_t>(plain - text.begin()));
    if (text.empty()) break;
    const auto octet = static_cast<unsigned char>(text.front());
    std::size_t taken = 1;
    if (octet == '"' || octet == '\\') {
      (line_ += '\\') += text.front();
    } else if (octet < 0x20) {
      fmt::format_to(std::back_inserter(line_), "\\u{:04x}", octet);
    } else if ((taken = smtp::utf8_length(text)) > 0) {
      line_ += text.substr(0, taken);
    } else {
      line_ += "\xEF\xBF\xBD";
      taken = 1;
    }
    text.remove_prefix(taken);
  }
  line_ += '"';
}

void add(EventLine& line, const EventSubject& subject) {
  line.text("id", subject.id);
  line.text("recipient_id", subject.recipient_id);
  line.text("message_id", subject.message_id);
  line.text("class", subject.mail_class);
  line.text("sender", subject.sender);
  line.text("recipient", subject.recipient);
  line.text("domain", subject.domain);
  line.text("provider", subject.provider);
  line.text("source", subject.source);
  line.text("mx", subject.mx);
}

void add(EventLine& line, const SaidReply& reply) {
  line.text("verdict", reply.verdict);
  line.number("code", reply.code);
  line.text("enhanced", reply.enhanced);
  line.text("text", reply.text);
}

void add(EventLine& line, const AttemptReport& report) {
  add(line, report.subject);
  line.text("remote", report.remote);
  add(line, report.reply);
  if (report.attempt) line.number("attempt", *report.attempt);
  line.number("delay_ms", report.delay.count());
  if (report.connecting) line.number("connect_ms", report.connecting->count());
  if (report.sending) line.number("send_ms", report.sending->count());
  line.tls(report.tls);
  if (report.observed) line.number("observed", true);
}

void add(EventLine& line, const AcceptedEvent& event) {
  add(line, event.subject);
  line.text("client", event.client);
  line.text("user", event.user);
  line.number("size", event.size);
  line.number("recipients", event.recipients);
}

void add(EventLine& line, const RefusedEvent& event) {
  add(line, event.subject);
  line.text("client", event.client);
  line.text("user", event.user);
  line.text("stage", event.stage);
  add(line, event.reply);
  if (event.count == 0) return;
  line.number("count", event.count);
  line.text("since", queue::rfc3339(event.since));
}

void add(EventLine& line, const DeliveredEvent& event) { add(line, event.report); }

void add(EventLine& line, const DeferredEvent& event) {
  add(line, event.report);
  if (event.next) line.text("next", queue::rfc3339(*event.next));
}

void add(EventLine& line, const BouncedEvent& event) {
  add(line, event.report);
  line.text("by", event.by);
}

void add(EventLine& line, const ExpiredEvent& event) {
  add(line, event.subject);
  line.number("attempts", event.attempts);
  line.number("delay_ms", event.delay.count());
  if (event.last) add(line, *event.last);
}

void add(EventLine& line, const DroppedEvent& event) {
  add(line, event.subject);
  line.text("by", event.by);
  line.text("reason", event.reason);
  if (event.delay) line.number("delay_ms", event.delay->count());
}

void add(EventLine& line, const ClockEvent& event) {
  line.number("wall", event.wall.count());
  line.number("boot", event.boot.count());
}

// What the events `lane` and `sender` share.
template <class Changed>
void add_change(EventLine& line, const Changed& event) {
  line.text("change", event.change);
  line.number_or_null("stage", event.stage);
  line.number_or_null("cap", event.cap);
  line.number_or_null("growth", event.growth);
  line.text("reason", event.reason);
  line.texts("evidence", event.evidence);
  line.number("alert", event.alert);
  if (event.observed) line.number("observed", true);
}

void add(EventLine& line, const LaneEvent& event) {
  event.source ? line.text("source", *event.source) : line.null("source");
  line.text("provider", event.provider);
  line.text("class", event.mail_class);
  add_change(line, event);
}

void add(EventLine& line, const SenderEvent& event) {
  line.text("domain", event.domain);
  line.text("provider", event.provider);
  add_change(line, event);
}

template <class Marked>
void add_mark(EventLine& line, const Marked& event) {
  add(line, event.subject);
  line.text("client", event.client);
  line.text("user", event.user);
  line.text("reason", event.reason);
}
void add(EventLine& line, const UnsignedEvent& event) { add_mark(line, event); }
void add(EventLine& line, const LintEvent& event) { add_mark(line, event); }

void add(EventLine& line, const DamagedEvent& event) {
  line.text("what", event.what);
  add(line, event.subject);
  event.lost_since ? line.text("lost_since", queue::rfc3339(*event.lost_since)) : line.null("lost_since");
  line.number_or_null("messages", event.messages);
  line.text("text", event.text);
}

}  // namespace

std::string_view type_of(const Event& event) {
  static constexpr std::string_view names[] = {"accepted", "refused", "delivered", "deferred", "bounced", "expired", "dropped",
                                               "clock",    "lane",    "sender",    "unsigned", "lint",    "damaged"};
  static_assert(std::size(names) == std::variant_size_v<Event>);
  return names[event.index()];
}

std::string encode(const Event& event, std::uint64_t seq, Instant time) {
  EventLine line(seq, time, type_of(event));
  std::visit([&](const auto& each) { add(line, each); }, event);
  return line.end();
}

EventSubject subject_of(const queue::Message& message) {
  EventSubject subject;
  subject.id = message.id.text();
  subject.message_id = message.message_id;
  subject.mail_class = message.mail_class;
  subject.sender = message.sender;
  return subject;
}

EventSubject subject_of(const queue::Message& message, std::uint32_t number, const queue::Recipient& recipient) {
  EventSubject subject = subject_of(message);
  subject.recipient_id = queue::RecipientId{message.id, number}.text();
  subject.recipient = recipient.address;
  subject.domain = domain_of(recipient.address);
  return subject;
}

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

}  // namespace mta
