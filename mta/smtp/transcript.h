// mta/smtp/transcript.h — what was heard, as values.
//
// What      How opening a session went, and what was said about one message.
// Units     –
// Promise   What was heard before the line was lost is still there after. `dot_sent` is true from before the first octet of the final
//           dot (or of the last BDAT chunk) leaves: false means the server cannot have the message.
// Errors    Lost is a value here; StreamLost has been caught (lost.h).
// Source    RFC 5321 §4.2.5 (who is responsible after the dot), WARMUP.md §4.
// Not here  what it means (mta/deliver/outcomes.h).
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "mta/doors/world.h"
#include "mta/smtp/lost.h"
#include "mta/smtp/reply.h"

namespace mta::smtp {

// A session that was opened, or why it was not.
struct Opening {
  bool ready = false;
  Stage stage = Stage::banner;  // how far it came
  Reply refusal;                // what the server said there; code 0 when nothing
  std::optional<Reply> ours;    // our own reason: TLS required and not there (4.7.4), password not shown (4.7.5), no AUTH (4.7.0)
  std::optional<Lost> lost;
  std::optional<TlsFacts> tls;
  bool handshake = false;  // TLS was begun: what went wrong at STARTTLS is not that the server does not want it
};

struct Transcript {
  Reply mail;
  std::vector<Reply> rcpt;  // one per recipient, in order; code 0: not answered
  Reply data;               // to DATA, or to a BDAT that was not the last
  Reply dot;                // to the final dot or the last BDAT
  bool dot_sent = false;
  bool closing = false;  // 421 was said: nobody will answer what is open (RFC 5321 §3.8)
  std::optional<Lost> lost;
  bool out_of_step = false;  // replies do not fit the commands, or octets of ours may have been taken for commands: hang up
  bool chunk_begun = false, chunk_taken = false;  // a BDAT was sent; one was answered by 2xx
  bool spoken = false;                            // the server answered something about this message
  bool withdrawn = false;                         // our permit ended before the message began: the server has nothing of it

  auto accepted() const {
    return std::count_if(rcpt.begin(), rcpt.end(), [](const Reply& reply) { return reply.ok(); });
  }
};

}  // namespace mta::smtp
