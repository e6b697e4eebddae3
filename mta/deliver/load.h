// mta/deliver/load.h — a message made ready for one server.
//
// What      Signs again when that is due, fits the envelope, converts 8-bit content where the server takes none; what cannot be
//           converted goes as it is.
// Units     Octets.
// Promise   Nothing is read that need not be: a message that fits as it is comes out of the spool while it is sent.
// Errors    smtp::BodyLost when the spool has lost a chunk. What the server cannot take is among fit.refused (5.3.4, 5.6.7).
// Source    RFC 6152 §3, RFC 6531, RFC 1870; README "From an application" (conversion).
// Not here  sending (conversation.h).
#pragma once

#include "mta/deliver/conversation.h"
#include "mta/deliver/fit.h"
#include "mta/smtp/body.h"

namespace mta {

struct Load {
  Fit fit;
  std::unique_ptr<smtp::Body> body;
};

struct ToLoad {
  std::shared_ptr<const queue::Message> message;
  std::vector<Addressee> addressees;
  smtp::Offers offers;
  std::string host;
};
awaitable<void> load_for(const ConversationParts& parts, const ToLoad& what, Load& made);

}  // namespace mta
