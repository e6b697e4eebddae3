// mta/submit/intake.h — what becomes of a header when we take a message.
//
// What      The header as it will be stored and sent: our Received on top, ours and private fields removed, missing ones added; and what
//           the header says about class, author and loops.
// Units     Octets, CRLF line ends.
// Promise   Pure. Without completion every field but X-Warmup-Class stays as it is, octet by octet and in order, and what RFC 5322 does
//           not allow is told in `faults`.
// Errors    RefusedMail: loops and hops 5.4.6; with completion a missing From, or two fields of a kind that may stand once, 5.6.0, and a From
//           that the user may not use 5.7.1.
// Source    RFC 6409 §8 (completion), RFC 5321 §6.3 (loops), RFC 5322 §3.6; README "From an application" (class, hops).
// Not here  finding the header (mta/smtp/header_section.h), signing and storing (incoming_message.h).
#pragma once

#include <string>
#include <variant>

#include "mta/smtp/header_section.h"
#include "mta/submit/client.h"
#include "mta/submit/parts.h"
#include "mta/submit/received.h"

namespace mta {

struct IntakeRequest {
  ReceivedStamp stamp;
  std::uint64_t chance = 0;  // makes a Message-ID unique
};

struct Intake {
  std::string header;  // with the empty line behind it, unless the message had none and no body
  std::string mail_class;
  std::string from_domain;    // "" when From names none
  std::string message_id;     // with <>, "" when there is none
  std::string faults;         // "there is more than one From header", …; empty when RFC 5322 §3.6 is kept
  std::string signed_before;  // the From domain, or the one above it, whose DKIM signature it carries; empty without one
};

std::variant<RefusedMail, Intake> take_in(const smtp::HeaderSection&, const Client&, const IntakeRequest&);

// The domain itself or a subdomain of one of them.
bool is_within(std::string_view domain, const std::vector<std::string>& permitted);

}  // namespace mta
