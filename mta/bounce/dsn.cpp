#include "mta/bounce/dsn.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mta/smtp/reply.h"
#include "mta/smtp/xtext.h"

namespace mta {

namespace {

constexpr std::size_t text_width = 900;       // RFC 5322 §2.1.1: 998 with the field's name
constexpr std::size_t longest_boundary = 70;  // RFC 2046 §5.1.1

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char letter) { return static_cast<unsigned char>(letter) < 0x80; });
}

// One line, printable, bounded: fit for a field's value.
std::string one_line(std::string_view text, bool utf8) {
  std::string line = smtp::printable(text.substr(0, text_width));
  if (!utf8)
    std::replace_if(
        line.begin(), line.end(), [](char letter) { return static_cast<unsigned char>(letter) >= 0x80; }, '?');
  return line;
}

// RFC 3461 §4: what is no xtext is shown as it was given.
std::string from_xtext(std::string_view text) { return smtp::decode_xtext(text).value_or(std::string(text)); }

struct Wording {
  std::string_view subject, action, opening;
};

Wording wording(ReportKind kind) {
  switch (kind) {
    case ReportKind::failed:
      return {"Undelivered Mail Returned to Sender", "failed",
              "Your message could not be delivered to the recipients below. It will not be tried again."};
    case ReportKind::delayed:
      return {
          "Delayed Mail (still being retried)", "delayed",
          "Your message has not been delivered yet to the recipients below. It will be tried again; you need not send it again."};
    case ReportKind::relayed:
      return {"Successful Mail Delivery Report", "relayed",
              "Your message was handed over to the next mail system for the recipients below, which sends no delivery notices of "
              "its own."};
  }
  return {};
}

// RFC 3463 §3 for a 5xx reply without an enhanced code: programs that read bounces look at the status, not at the words.
std::string meaning_of(const queue::LastReply& last) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> meanings{{{"unknown_user", "5.1.1"},
                                                                                          {"mailbox_disabled", "5.2.1"},
                                                                                          {"mailbox_full", "5.2.2"},
                                                                                          {"too_large", "5.3.4"},
                                                                                          {"policy", "5.7.1"},
                                                                                          {"spam_content", "5.7.1"},
                                                                                          {"virus", "5.7.1"},
                                                                                          {"relay_denied", "5.7.1"}}};
  if (!last.enhanced.empty() || last.code < 500) return smtp::status_of(5, last.code, last.enhanced);
  const auto found =
      std::ranges::find(meanings, std::string_view(last.verdict), &std::pair<std::string_view, std::string_view>::first);
  return std::string(found == meanings.end() ? "5.0.0" : found->second);
}

// RFC 3463: the class must fit the action; a report without an enhanced code gets the one its verdict means, or the general one.
std::string status_of(const Report& report, const queue::Recipient& recipient) {
  const queue::LastReply& last = recipient.last;
  switch (report.kind) {
    case ReportKind::relayed: return smtp::status_of(2, last.code, last.enhanced);
    case ReportKind::delayed: return smtp::status_of(4, last.code, last.enhanced);
    case ReportKind::failed: break;
  }
  if (recipient.fate == queue::Fate::expired) return "4.4.7";  // RFC 3463 §3.5: delivery time expired
  return meaning_of(last);
}

// A code is a server's: what we say ourselves has none.
std::string diagnostic(const queue::Recipient& recipient) {
  if (recipient.last.mx.empty()) return recipient.last.text;
  std::string text = recipient.last.code != 0 ? std::to_string(recipient.last.code) + " " : "";
  if (!recipient.last.enhanced.empty()) text += recipient.last.enhanced + " ";
  return text + recipient.last.text;
}

std::string recipient_fields(const Report& report, const queue::Recipient& recipient, bool utf8) {
  std::string fields;
  if (!recipient.orcpt.empty()) {
    const auto semicolon = recipient.orcpt.find(';');
    const auto type = recipient.orcpt.substr(0, semicolon);
    const auto address = semicolon == std::string::npos ? "" : from_xtext(recipient.orcpt.substr(semicolon + 1));
    fields += fmt::format("Original-Recipient: {};{}\r\n", one_line(type, utf8), one_line(address, utf8));
  }
  const bool utf8_address = !is_ascii(recipient.address);
  fields += fmt::format("Final-Recipient: {}; {}\r\n", utf8_address ? "utf-8" : "rfc822", one_line(recipient.address, utf8));
  fields += fmt::format("Action: {}\r\nStatus: {}\r\n", wording(report.kind).action, status_of(report, recipient));
  if (!recipient.last.mx.empty()) fields += fmt::format("Remote-MTA: dns; {}\r\n", one_line(recipient.last.mx, utf8));
  if (!recipient.last.text.empty() || recipient.last.code != 0) {
    const std::string_view type = recipient.last.mx.empty() ? "X-warmupd" : "smtp";  // RFC 3464 §2.3.6
    fields += fmt::format("Diagnostic-Code: {}; {}\r\n", type, one_line(diagnostic(recipient), utf8));
  }
  if (recipient.last.at != Instant{}) fields += "Last-Attempt-Date: " + rfc5322_date(recipient.last.at) + "\r\n";
  if (report.kind == ReportKind::delayed) fields += "Will-Retry-Until: " + rfc5322_date(report.retry_until) + "\r\n";
  return fields;
}

std::string for_people(const Report& report, bool utf8) {
  std::string text =
      fmt::format("This is the mail system at {}.\r\n\r\n{}\r\n\r\n", report.hostname, wording(report.kind).opening);
  for (const auto& addressee : *report.addressees) {
    const auto& recipient = addressee.recipient;
    text += fmt::format("<{}>", one_line(recipient.address, utf8));
    if (recipient.fate == queue::Fate::expired) text += ": given up, the time for delivery is over";
    if (!recipient.last.text.empty()) {
      if (recipient.fate == queue::Fate::expired) text += ". The last answer was";
      const auto& mx = recipient.last.mx;
      text += ":\r\n    " + one_line(mx.empty() ? diagnostic(recipient) : "host " + mx + " said: " + diagnostic(recipient), utf8);
    }
    text += "\r\n\r\n";
  }
  return text;
}

}  // namespace

std::string rfc5322_date(Instant when) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000", fmt::gmtime(std::chrono::system_clock::to_time_t(when)));
}

ReportText write_report(const Report& report, bool whole_original) {
  const queue::Message& message = *report.message;
  const bool utf8 = message.smtputf8;
  const auto words = wording(report.kind);
  const std::string boundary = (report.id + "/" + report.hostname).substr(0, longest_boundary);
  const std::string part = "--" + boundary + "\r\n";
  const std::string charset = utf8 ? "utf-8" : "us-ascii";
  const std::string eight_bit = utf8 || message.eight_bit ? "Content-Transfer-Encoding: 8bit\r\n" : "";
  std::string text;
  text += fmt::format("From: Mail Delivery System <{}>\r\nTo: <{}>\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@{}>\r\n",
                      report.postmaster, message.sender, words.subject, rfc5322_date(report.now), report.id, report.hostname);
  text += "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n";
  if (!message.message_id.empty()) text += "References: " + one_line(message.message_id, utf8) + "\r\n";
  text += fmt::format("Content-Type: multipart/report; report-type={};\r\n\tboundary=\"{}\"\r\n{}\r\n",
                      utf8 ? "global-delivery-status" : "delivery-status", boundary, eight_bit);
  text += "This is a MIME-encapsulated message.\r\n\r\n" + part;
  text += fmt::format("Content-Description: Notification\r\nContent-Type: text/plain; charset={}\r\n{}\r\n{}", charset,
                      utf8 ? "Content-Transfer-Encoding: 8bit\r\n" : "", for_people(report, utf8));
  text +=
      part + fmt::format("Content-Description: Delivery report\r\nContent-Type: message/{}\r\n{}\r\n",
                         utf8 ? "global-delivery-status" : "delivery-status", utf8 ? "Content-Transfer-Encoding: 8bit\r\n" : "");
  text += fmt::format("Reporting-MTA: dns; {}\r\n", report.hostname);
  if (!message.envid.empty())
    text += "Original-Envelope-Id: " + one_line(from_xtext(message.envid), utf8) + "\r\n";  // RFC 3464 §2.2.1
  text += "Arrival-Date: " + rfc5322_date(message.accepted) + "\r\n";
  for (const auto& addressee : *report.addressees) text += "\r\n" + recipient_fields(report, addressee.recipient, utf8);
  const std::string original =
      whole_original ? (utf8 ? "message/global" : "message/rfc822") : (utf8 ? "message/global-headers" : "text/rfc822-headers");
  text += "\r\n" + part +
          fmt::format("Content-Description: {}\r\nContent-Type: {}\r\n{}\r\n",
                      whole_original ? "Undelivered message" : "Header of the message", original, eight_bit);
  return {std::move(text), "\r\n--" + boundary + "--\r\n"};
}

}  // namespace mta
