#include "mta/observe/mail_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "mta/plain_text.h"

namespace mta {

namespace {

namespace json = boost::json;

std::string_view text_of(const json::object& fields, std::string_view name) {
  const auto* value = fields.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

std::int64_t number_of(const json::object& fields, std::string_view name) {
  const auto* value = fields.if_contains(name);
  return value == nullptr || !value->is_number() ? 0 : value->to_number<std::int64_t>();
}

// Two digits that count, as Postfix has them: "0.04", "0.35", "3.2", "181".
std::string seconds(std::int64_t milliseconds) {
  const double value = static_cast<double>(std::max<std::int64_t>(0, milliseconds)) / 1000;
  if (milliseconds <= 0) return "0";
  if (value >= 10) return fmt::format("{:.0f}", value);
  return value >= 1 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

// "mx1.example.org[192.0.2.25]:25"; a server that was never reached is none.
std::string relay_of(const json::object& fields) {
  const std::string_view host = text_of(fields, "mx"), remote = text_of(fields, "remote");
  const auto colon = remote.rfind(':');
  if (colon == std::string_view::npos || (host.empty() && text_of(fields, "enhanced") == "4.4.1")) return "none";
  std::string_view address = remote.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  return fmt::format("{}[{}]{}", host.empty() ? address : host, address, remote.substr(colon));
}

std::string dsn_of(const json::object& fields, std::string_view otherwise) {
  const std::string_view enhanced = text_of(fields, "enhanced");
  if (!enhanced.empty()) return std::string(enhanced);
  const auto code = number_of(fields, "code");
  return code < 200 ? std::string(otherwise) : fmt::format("{}.0.0", code / 100);
}

// What was said, and that it was the server who said it.
std::string words_of(const json::object& fields, bool sent) {
  const auto code = number_of(fields, "code");
  const std::string_view enhanced = text_of(fields, "enhanced"), text = text_of(fields, "text");
  std::string words = code == 0 ? std::string() : fmt::format("{}", code);
  for (const std::string_view part : {enhanced, text})
    if (!part.empty()) words += (words.empty() ? "" : " ") + std::string(part);
  const std::string_view host = text_of(fields, "mx");
  if (sent || host.empty() || words.empty()) return words.empty() ? "no reply is known" : words;
  const std::string relay = relay_of(fields);
  return fmt::format("host {} said: {}", relay.substr(0, relay.rfind(':')), words);
}

// Postfix: before the queue manager / in the queue / connection setup / transmission. A message is ours when it is complete, so the first
// is nothing.
std::string delays_of(const json::object& fields) {
  const auto connecting = number_of(fields, "connect_ms"), saying = number_of(fields, "send_ms");
  const auto queued = number_of(fields, "delay_ms") - connecting - saying;
  return fmt::format("0/{}/{}/{}", seconds(queued), seconds(connecting), seconds(saying));
}

std::string more_of(const json::object& fields) {
  std::string more;
  const std::string_view source = text_of(fields, "source"), provider = text_of(fields, "provider");
  if (!source.empty()) more = fmt::format(", lane={}/{}", source, provider);
  if (const auto verdict = text_of(fields, "verdict"); !verdict.empty()) more += fmt::format(", verdict={}", verdict);
  return more;
}

MailLine recipient_line(const json::object& fields, std::string_view status, std::string_view dsn, const std::string& words) {
  const auto program = text_of(fields, "source").empty() ? MailLine::Program::qmgr : MailLine::Program::smtp;
  return {program,
          escaped(fmt::format("{}: to=<{}>, relay={}, delay={}, delays={}, dsn={}, status={} ({})", text_of(fields, "id"),
                              text_of(fields, "recipient"), relay_of(fields), seconds(number_of(fields, "delay_ms")),
                              delays_of(fields), dsn, status, words)),
          escaped(more_of(fields))};
}

void append_arrival(std::vector<MailLine>& lines, const json::object& fields, bool maillog) {
  const std::string_view id = text_of(fields, "id"), client = text_of(fields, "client"), user = text_of(fields, "user");
  const auto only_maillog = [&](MailLine::Program program, const std::string& text) {
    lines.push_back({program, escaped(text), {}, false, true});
  };
  const bool our_own = client.empty() || client == "bounce";  // a report of ours: no client brought it
  if (maillog && !our_own)
    only_maillog(MailLine::Program::smtpd,
                 fmt::format("{}: client=unknown[{}]{}{}", id, client, user.empty() ? "" : ", sasl_username=", user));
  const auto message_id = text_of(fields, "message_id");
  if (maillog && !message_id.empty()) only_maillog(MailLine::Program::cleanup, fmt::format("{}: message-id={}", id, message_id));
  lines.push_back({MailLine::Program::qmgr,
                   escaped(fmt::format("{}: from=<{}>, size={}, nrcpt={} (queue active)", id, text_of(fields, "sender"),
                                       number_of(fields, "size"), number_of(fields, "recipients"))),
                   {}});
}

void append_expiry(std::vector<MailLine>& lines, const json::object& fields, bool maillog) {
  lines.push_back(recipient_line(fields, "expired", "4.4.7", "it waited too long; last: " + words_of(fields, false)));
  lines.back().for_maillog = false;
  if (!maillog) return;
  const auto text =
      fmt::format("{}: from=<{}>, status=expired, returned to sender", text_of(fields, "id"), text_of(fields, "sender"));
  lines.push_back({MailLine::Program::qmgr, escaped(text), {}, false, true});
}

}  // namespace

std::string_view name(MailLine::Program program) {
  switch (program) {
    case MailLine::Program::smtpd: return "smtpd";
    case MailLine::Program::cleanup: return "cleanup";
    case MailLine::Program::qmgr: return "qmgr";
    case MailLine::Program::smtp: return "smtp";
  }
  return "smtp";
}

void append_mail_lines(std::vector<MailLine>& lines, std::string_view type, const json::object& fields, bool maillog) {
  const auto add = [&](std::string_view status, const std::string& dsn, const std::string& words) {
    lines.push_back(recipient_line(fields, status, dsn, words));
  };
  if (type == "accepted") return append_arrival(lines, fields, maillog);
  if (type == "delivered") return add("sent", dsn_of(fields, "2.0.0"), words_of(fields, true));
  if (type == "deferred") return add("deferred", dsn_of(fields, "4.0.0"), words_of(fields, false));
  if (type == "bounced") return add("bounced", dsn_of(fields, "5.0.0"), words_of(fields, false));
  if (type == "expired") return append_expiry(lines, fields, maillog);
  if (type != "dropped") return;
  const std::string_view by = text_of(fields, "by"), reason = text_of(fields, "reason");
  add("dropped", "5.7.0", fmt::format("by {}{}{}", by.empty() ? "an operator" : by, reason.empty() ? "" : ": ", reason));
}

MailLine removed_line(std::string_view id) { return {MailLine::Program::qmgr, fmt::format("{}: removed", id), {}, false, true}; }

}  // namespace mta
