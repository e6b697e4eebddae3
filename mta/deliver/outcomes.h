// mta/deliver/outcomes.h — what was heard becomes one outcome per recipient.
//
// What      Pure functions: a transcript of one transaction, or a connection that never came to one, → outcomes.
// Units     –
// Promise   One outcome for every recipient, whatever was heard and wherever the line broke. The reply that decided is the one kept.
//           When the server said nothing, the reply is ours and `mx` is empty.
// Errors    None: every transcript has an answer.
// Source    RFC 5321 §3.3, §4.2.5; WARMUP.md §4, §8.
// Not here  which words mean what (verdict.h), what is written down (mta/scheduler).
#pragma once

#include <vector>

#include "mta/deliver/desk.h"
#include "mta/smtp/transcript.h"

namespace mta {

struct Place {  // where it was said
  std::string provider, host, remote;
  bool dsn_offered = false;
};

// REQUIRES: one number per heard.rcpt, in the same order.
std::vector<Outcome> outcomes(const smtp::Transcript& heard, const std::vector<std::uint32_t>& numbers, const Place&,
                              const Judge&);

// Why no message could be said at one address: a connection that was not made, a refused banner, EHLO, STARTTLS or password.
struct Failure {
  Verdict verdict = Verdict::connection_failed;
  smtp::Reply reply;
  std::string host, remote;
  bool heard = false;             // the server's own words, else ours
  bool handshake = false;         // TLS was agreed on and did not come about or carry mail: clear text may be the next try
  bool starttls_refused = false;  // STARTTLS was answered by a refusal that ended the connection, or by its end
  bool no_source = false;         // the address to connect from is not on this host: no server was asked
  bool speaks_for_all = false;    // rate or reputation: asking the next server would make it worse
  std::optional<Duration> named_delay;
};
Failure failure(const smtp::Opening&, const Place&, const Judge&);
Failure failure(const smtp::Lost&,
                const Place&);  // the connection itself, or a line lost before anything was said about a message
// 421 to MAIL without a word about rate or reputation: this server has no time, another may.
std::optional<Failure> failure(const smtp::Transcript&, const Place&, const Judge&);

// It is the server that cannot go on, not the recipient that is refused: a line lost, or 421 without a word about rate or reputation,
// while it certainly does not have the message. The next MX may take it at once (RFC 5321 §5.1, WARMUP.md §8).
bool another_may_take(const Outcome&);

// A recipient gets at most so many copies of a message whose end was never answered: each may have arrived.
inline constexpr unsigned most_unanswered = 3;
// `before`: how many there were in earlier attempts. At the last one the outcome says that it is returned, and why.
Outcome bounded(Outcome, unsigned before);

// The message could not be read here: nothing was said to the server.
Outcome unreadable(std::uint32_t number, const smtp::Lost&, const Place&);
// The permit ended before the message began.
Outcome withdrawn(std::uint32_t number);

// No server would have the message said to it.
Outcome untried(std::uint32_t number, const Failure&);

}  // namespace mta
