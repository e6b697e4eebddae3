// What is told of a recipient's way: events, lines of the log, and the history of those that ended. All of it is true only with the batch
// at hand: events and history are rows of it, lines are handed over when it is durable.
#include <spdlog/spdlog.h>

#include "mta/books/books.h"

namespace mta {

void Books::event(std::string_view type, const boost::json::object& fields) {
  events_.add(batch_, world_.calendar.now(), type, fields);
  note(type, fields);
  totals_dirty_ = true;
}

// Lines of the log. Also for what is no event: an attempt that met no server costs the recipient nothing, but an operator looks for it.
void Books::note(std::string_view type, const boost::json::object& fields) {
  const bool maillog = !policy_.config->log.maillog.empty();
  if (!on_lines || (!maillog && !spdlog::should_log(spdlog::level::info))) return;
  append_mail_lines(lines_to_log_, type, fields, maillog);
}

// One recipient's share of an attempt.
boost::json::object Books::told_of(const Conversation& conversation, const Addressee& addressee, const Outcome& outcome,
                                   const Settlement& settlement) {
  const queue::Message& message = *conversation.message;
  auto fields = about(message, addressee.number, addressee.recipient);
  fields["provider"] = lines_.open(conversation.line).key.provider;
  fields["source"] = conversation.lane.source;
  fields["mx"] = outcome.mx;
  fields["remote"] = outcome.remote;
  fields["verdict"] = name(outcome.verdict);
  fields["code"] = outcome.reply.code;
  fields["enhanced"] = outcome.reply.enhanced;
  fields["text"] = outcome.reply.text();
  fields["attempt"] = addressee.recipient.attempts + 1;
  fields["delay_ms"] = (world_.calendar.now() - message.accepted).count();
  fields["connect_ms"] = settlement.connecting.count();
  fields["send_ms"] = (settlement.took - settlement.connecting).count();
  if (settlement.tls) {
    fields["tls"] = boost::json::object{
        {"version", settlement.tls->version}, {"cipher", settlement.tls->cipher}, {"verified", settlement.tls->verified}};
  } else {
    fields["tls"] = nullptr;
  }
  if (lane(conversation.lane).record.observed) fields["observed"] = true;
  return fields;
}

// With what was said last, which is why it could not go.
void Books::tell_expired(const queue::Message& message, std::uint32_t number, const queue::Recipient& recipient) {
  auto fields = about(message, number, recipient);
  fields["attempts"] = recipient.attempts;
  fields["delay_ms"] = (now() - message.accepted).count();
  const auto& last = recipient.last;
  if (!last.verdict.empty()) {
    fields["verdict"] = last.verdict;
    fields["code"] = last.code;
    fields["enhanced"] = last.enhanced;
    fields["text"] = last.text;
    fields["mx"] = last.mx;
    fields["source"] = last.source;
  }
  event("expired", fields);
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
