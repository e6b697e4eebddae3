// What is told of a recipient's way: events, lines of the log, and the history of those that ended. All of it is true only with the batch
// at hand: events and history are rows of it, lines are handed over when it is durable.
#include <spdlog/spdlog.h>

#include "mta/books/books.h"

namespace mta {

void Books::event(const Event& what) {
  events_.add(batch_, world_.calendar.now(), what);
  note(what);
  totals_dirty_ = true;
}

// Lines of the log. Also for what is no event: an attempt that met no server costs the recipient nothing, but an operator looks for it.
void Books::note(const Event& what) {
  const bool maillog = !policy_.config->log.maillog.empty();
  if (!on_lines || (!maillog && !spdlog::should_log(spdlog::level::info))) return;
  append_mail_lines(lines_to_log_, what, maillog);
}

// One recipient's share of an attempt.
AttemptReport Books::told_of(const Conversation& conversation, const Addressee& addressee, const Outcome& outcome,
                             const Settlement& settlement) {
  const queue::Message& message = *conversation.message;
  AttemptReport report;
  report.subject = subject_of(message, addressee.number, addressee.recipient);
  report.subject.provider = lines_.open(conversation.line).key.provider;
  report.subject.source = conversation.lane.source;
  report.subject.mx = outcome.mx;
  report.host = outcome.host;
  report.remote = outcome.remote;
  report.reply = {std::string(name(outcome.verdict)), outcome.reply.code, outcome.reply.enhanced, outcome.reply.text()};
  report.attempt = addressee.recipient.attempts + 1;
  report.delay = world_.calendar.now() - message.accepted;
  report.connecting = settlement.connecting;
  report.sending = settlement.took - settlement.connecting;
  if (settlement.tls) report.tls = {settlement.tls->version, settlement.tls->cipher, settlement.tls->verified};
  report.observed = lane(conversation.lane).record.observed;
  return report;
}

// With what was said last, which is why it could not go.
void Books::tell_expired(const queue::Message& message, std::uint32_t number, const queue::Recipient& recipient) {
  ExpiredEvent expired{subject_of(message, number, recipient), recipient.attempts, now() - message.accepted, {}};
  const auto& last = recipient.last;
  if (!last.verdict.empty()) {
    expired.last = SaidReply{last.verdict, last.code, last.enhanced, last.text};
    expired.subject.mx = last.mx;
    expired.subject.source = last.source;
  }
  event(expired);
}

void Books::record_end(const queue::Message& message, std::uint32_t number, const queue::Recipient& recipient,
                       const Ending& ending) {
  if (policy_.config->history.keep <= Duration(0)) return;
  queue::Ended row;
  row.id = {message.id, number};
  row.ended = now();
  row.accepted = message.accepted;
  row.end = ending.end;
  row.recipient = recipient.address;
  row.sender = message.sender;
  row.message_id = message.message_id;
  row.mail_class = message.mail_class;
  if (const auto line = queue::LineKey::decode(recipient.line); line && line->knows_site()) row.provider = line->provider;
  row.attempts = recipient.attempts;
  row.last = recipient.last;
  row.by = ending.by;
  row.reason = ending.reason;
  history_.add(batch_, row);
}

}  // namespace mta
