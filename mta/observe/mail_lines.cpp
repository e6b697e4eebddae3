#include "mta/observe/mail_lines.h"

#include <fmt/format.h>

#include "mta/base/plain_text.h"
#include "mta/smtp/reply.h"

namespace mta {

namespace {

// Two digits that count, as Postfix has them: "0.04", "0.35", "3.2", "181".
std::string seconds(Duration delay) {
  const double value = static_cast<double>(delay.count()) / 1000;
  if (delay <= Duration(0)) return "0";
  if (value >= 10) return fmt::format("{:.0f}", value);
  return value >= 1 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

// "mx1.example.org[192.0.2.25]:25"; a server that was never reached is none.
std::string relay_of(const AttemptReport& report) {
  const std::string_view host = report.subject.mx.empty() ? report.host : report.subject.mx, remote = report.remote;
  const auto colon = remote.rfind(':');
  const bool unreached = report.subject.mx.empty() && report.reply.enhanced == "4.4.1";
  if (colon == std::string_view::npos || unreached) return "none";
  std::string_view address = remote.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  return fmt::format("{}[{}]{}", host.empty() ? address : host, address, remote.substr(colon));
}

// What was said, and that it was the server who said it. Codes are a server's; what we say ourselves has none.
std::string words_of(const AttemptReport& report, bool sent) {
  const SaidReply& reply = report.reply;
  if (report.subject.mx.empty() && !reply.text.empty()) return reply.text;
  std::string words = reply.code == 0 ? std::string() : fmt::format("{}", reply.code);
  for (const std::string_view part : {std::string_view(reply.enhanced), std::string_view(reply.text)})
    if (!part.empty()) words.append(words.empty() ? "" : " ").append(part);
  if (sent || report.subject.mx.empty() || words.empty()) return words.empty() ? "no reply is known" : words;
  const std::string relay = report.remote.empty() ? report.subject.mx : relay_of(report);  // what is known of the last one
  return fmt::format("host {} said: {}", relay.substr(0, relay.rfind(':')), words);
}

// Postfix: before the queue manager / in the queue / connection setup / transmission. A message is ours when it is complete, so the first
// is nothing.
std::string delays_of(const AttemptReport& report) {
  const auto connecting = report.connecting.value_or(Duration(0)), saying = report.sending.value_or(Duration(0));
  return fmt::format("0/{}/{}/{}", seconds(report.delay - connecting - saying), seconds(connecting), seconds(saying));
}

std::string more_of(const AttemptReport& report) {
  std::string more;
  const EventSubject& subject = report.subject;
  if (!subject.source.empty()) more = fmt::format(", lane={}/{}", subject.source, subject.provider);
  if (!report.reply.verdict.empty()) more += fmt::format(", verdict={}", report.reply.verdict);
  return more;
}

MailLine recipient_line(const AttemptReport& report, std::string_view status, std::string_view dsn, std::string_view words) {
  const auto program = report.subject.source.empty() ? MailLine::Program::qmgr : MailLine::Program::smtp;
  return {program,
          escaped(fmt::format("{}: to=<{}>, relay={}, delay={}, delays={}, dsn={}, status={} ({})", report.subject.id,
                              report.subject.recipient, relay_of(report), seconds(report.delay), delays_of(report), dsn, status,
                              words)),
          escaped(more_of(report))};
}

struct LineWriter {
  std::vector<MailLine>& lines;
  bool maillog;

  void only_maillog(MailLine::Program program, const std::string& text) const {
    if (maillog) lines.push_back({program, escaped(text), {}, false, true});
  }

  void operator()(const AcceptedEvent& event) const {
    const std::string& id = event.subject.id;
    const bool our_own = event.client.empty() || event.client == "bounce";  // a report of ours: no client brought it
    if (!our_own)
      only_maillog(MailLine::Program::smtpd, fmt::format("{}: client=unknown[{}]{}{}", id, event.client,
                                                         event.user.empty() ? "" : ", sasl_username=", event.user));
    if (!event.subject.message_id.empty())
      only_maillog(MailLine::Program::cleanup, fmt::format("{}: message-id={}", id, event.subject.message_id));
    lines.push_back({MailLine::Program::qmgr,
                     escaped(fmt::format("{}: from=<{}>, size={}, nrcpt={} (queue active)", id, event.subject.sender, event.size,
                                         event.recipients)),
                     {}});
  }
  void operator()(const DeliveredEvent& event) const { add(event.report, "sent", 2, true); }
  void operator()(const DeferredEvent& event) const { add(event.report, "deferred", 4, false); }
  void operator()(const BouncedEvent& event) const { add(event.report, "bounced", 5, false); }
  void operator()(const ExpiredEvent& event) const {
    AttemptReport last;
    last.subject = event.subject;
    last.reply = event.last.value_or(SaidReply{});
    last.delay = event.delay;
    lines.push_back(recipient_line(last, "expired", "4.4.7", "it waited too long; last: " + words_of(last, false)));
    lines.back().for_maillog = false;
    only_maillog(MailLine::Program::qmgr,
                 fmt::format("{}: from=<{}>, status=expired, returned to sender", event.subject.id, event.subject.sender));
  }
  void operator()(const DroppedEvent& event) const {
    AttemptReport report;
    report.subject = event.subject;
    report.delay = event.delay.value_or(Duration(0));
    lines.push_back(recipient_line(
        report, "dropped", "5.7.0",
        fmt::format("by {}{}{}", event.by.empty() ? "an operator" : event.by, event.reason.empty() ? "" : ": ", event.reason)));
  }
  template <class Other>
  void operator()(const Other&) const {}

 private:
  void add(const AttemptReport& report, std::string_view status, int outcome, bool sent) const {
    lines.push_back(recipient_line(report, status, smtp::status_of(outcome, report.reply.code, report.reply.enhanced),
                                   words_of(report, sent)));
  }
};

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

void append_mail_lines(std::vector<MailLine>& lines, const Event& event, bool maillog) {
  std::visit(LineWriter{lines, maillog}, event);
}

MailLine removed_line(std::string_view id) { return {MailLine::Program::qmgr, fmt::format("{}: removed", id), {}, false, true}; }

}  // namespace mta
