// mta/deliver/blame.h — which optional extension made a transaction fail.
//
// What      A pure function: what was said with which extensions, and what was heard → what to leave out next time, and for whom.
// Units     –
// Promise   Only extensions that were used are blamed, so leaving them out and trying again comes to an end. What the mail itself
//           cannot do without (SMTPUTF8 for its addresses) is not blamed.
// Errors    None: empty when no extension is to blame.
// Source    RFC 5321 §2.2.1, §4.1.1.11 (555, 504), §4.2.4 (500, 502, 503); RFC 2920 §3.2; RFC 3030; RFC 6152; RFC 6531 §3.3, §3.5.
// Not here  keeping it in mind (failed_extensions.h), trying again (conversation.h).
#pragma once

#include <optional>

#include "mta/smtp/envelope.h"
#include "mta/smtp/transcript.h"

namespace mta {

struct Blame {
  smtp::LeftOut extensions;
  bool new_connection = false;  // what is in the wires of this one cannot be trusted
  bool next_time = false;       // not at once: the server was silent for long and may have taken the message
};

// `fresh`: the first message of its connection; one that was idle may just have ended. `used`: what was offered and not left out.
std::optional<Blame> blame(const smtp::Transcript& heard, const smtp::Envelope& said, const smtp::Offers& used, bool fresh);

// Whether recipient number `i` of the envelope is tried again without what is blamed.
bool tried_again(const Blame&, const smtp::Transcript& heard, std::size_t i);

// How far a transaction came, to see whether leaving something out has helped. 0: not past MAIL … 4: taken.
unsigned progress(const smtp::Transcript& heard);

}  // namespace mta
