// mta/deliver/fit.h — makes an envelope that a server can take, or says why there is none.
//
// What      (message, addressees, what the server offers) → the envelope to send, the recipients that cannot be in it with our own reply,
//           and whether the content must be made 7-bit first.
// Units     Octets.
// Promise   Pure. Every addressee is either in the envelope or among the refused.
// Errors    As replies of ours: 5.6.7 (SMTPUTF8), 5.3.4 (SIZE), 5.1.3 (an address that cannot be said).
// Source    RFC 6531 §3.2, §3.3; RFC 1870 §6.1; RFC 6152 §3; RFC 5321 §4.5.3.1.
// Not here  the conversion (downgrade.h), the commands (mta/smtp/envelope.h).
#pragma once

#include <string_view>
#include <vector>

#include "mta/deliver/desk.h"
#include "mta/smtp/envelope.h"

namespace mta {

struct Fit {
  smtp::Envelope envelope;
  std::vector<std::uint32_t> numbers;  // of the recipients in the envelope, in its order
  std::vector<Outcome> refused;
  bool convert = false;  // has 8-bit content, and the server takes none
};

// Whether fit() must see the beginning of the message: only its header can tell whether SMTPUTF8 is needed.
bool header_decides(const queue::Message&, const smtp::Offers&);

struct ToFit {
  const queue::Message& message;
  const std::vector<Addressee>& addressees;
  std::uint64_t size;       // of what will be sent, signatures included
  std::string_view header;  // the first chunk when header_decides(), else anything
  std::string_view host;    // for the texts
};
Fit fit(const ToFit&, const smtp::Offers&);

}  // namespace mta
