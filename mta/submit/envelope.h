// mta/submit/envelope.h — the envelope of a message that comes in.
//
// What      Who sends it, to whom it goes, and what the extensions of MAIL and RCPT said about it.
// Units     Addresses without <>. xtext as it came in.
// Promise   A value. Each recipient is in it once, in the order of the commands.
// Errors    None.
// Source    RFC 5321 §2.3.1; RFC 6531 §3.4 (SMTPUTF8), RFC 3461 §4 (RET, ENVID, NOTIFY, ORCPT).
// Not here  how it comes about (mail_transaction.h); an envelope on its way out (mta/smtp/envelope.h).
#pragma once

#include <string>
#include <vector>

#include "queue/message.h"

namespace mta {

struct AcceptedEnvelope {
  std::string sender;
  std::vector<queue::Recipient> recipients;
  bool smtputf8 = false;  // said at MAIL
  queue::Return ret = queue::Return::unset;
  std::string envid;
};

}  // namespace mta
