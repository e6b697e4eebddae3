// mta/submit/mail_transaction.h — the envelope of a message while it is being said: MAIL, RCPT, DATA and BDAT.
//
// What      Decides about each command of a mail transaction: whether it may be said now, what its parameters may be, which limits hold,
//           who may relay; keeps the envelope that comes of it, and says what is to be replied.
// Units     Octets, recipients.
// Promise   A value without a stream, a clock or a queue: what else must be known for a decision is an argument, or is asked for by
//           question(). A command that is not accepted changes nothing but that a refused recipient is remembered for DATA. A recipient
//           that is named twice is kept once.
// Errors    Values: what is said to a command that is out of turn or refused.
// Source    RFC 5321 §3.3, §4.1.1.2–4, §4.1.4 (order), §4.5.1 (postmaster), §4.5.3.1.10 (too many recipients); RFC 6409 §4;
//           RFC 1870 §6.1 (SIZE), 3030 §2 (BDAT), 3461 §4, 4954 §6 (AUTH required), 6531 §3.4; README "From an application".
// Not here  the wire and its patience (server_session.h), grammar (mta/smtp/command.h), the message itself (incoming_message.h).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "mta/doors/spool.h"
#include "mta/smtp/command.h"
#include "mta/smtp/reply.h"
#include "mta/submit/client.h"
#include "mta/submit/envelope.h"

namespace mta {

struct CommandReply {
  enum class Disposition {
    done,         // as the client wished
    out_of_turn,  // a mistake in the order of commands, which is counted
    refused,      // by a rule or a limit; the operator is told
  };
  Disposition kind = Disposition::done;
  int code = 250;
  std::string enhanced, text;
  smtp::Stage stage = smtp::Stage::mail;  // of a refusal
  std::string recipient;                  // of a refusal at RCPT: the address that was meant
};

class MailTransaction {
 public:
  // accepting: Spool::accepting() at this moment.
  CommandReply mail(const smtp::command::Mail&, const Client&, bool accepting);

  // Empty when it depends on the room in the queue: then Spool::wait_too_long(question()) is to be asked, and room() replies.
  std::optional<CommandReply> rcpt(const smtp::command::Rcpt&, const Client&);
  const Draft& question() const { return question_; }
  CommandReply room(const std::string& opens);  // opens: as Spool::wait_too_long says it; REQUIRES: rcpt() was empty just before

  CommandReply data() const;  // 354: the octets of the message come next
  std::optional<CommandReply> bdat()
      const;  // empty: the octets of this chunk are the message's; else what to say once they have come
  // REQUIRES: data() or bdat() allow it, and !begun(). The envelope goes with the message; the sender stays, for what may be refused.
  AcceptedEnvelope begin();
  // REQUIRES: begun(). All octets of a chunk that is not the last one came; the whole message was made real (opens: Acceptance::opens).
  CommandReply chunk_taken(std::uint64_t octets) const;
  CommandReply queued(const std::string& id, const std::string& opens) const;

  bool open() const { return envelope_.has_value(); }  // MAIL was accepted, and the transaction is not over
  bool begun() const { return begun_; }                // octets of the message may come, or came
  std::string sender() const { return envelope_ ? envelope_->sender : ""; }
  void reset() { *this = {}; }  // RFC 5321 §4.1.1.5

 private:
  std::optional<CommandReply> refuse_content() const;
  CommandReply take(queue::Recipient);

  std::optional<AcceptedEnvelope> envelope_;
  std::set<std::string> addresses_;  // of envelope_, domains in lower case
  bool recipient_refused_ = false;   // at least one, so that DATA without any other is refused for good
  bool begun_ = false;
  Draft question_;
  std::optional<queue::Recipient> asked_about_;  // until room() is told
};

}  // namespace mta
