// mta/deliver/resign.h — a signature for a message that is in the queue already.
//
// What      Is the signature it has still good, and a new one over the content as it will be sent.
// Units     Octets; instants of scheduling time.
// Promise   The content is read once, piece by piece; what is held is the header section and a piece. Signing runs in Work.
// Errors    nothing when it cannot be signed (the library's reason goes to the log).
// Source    DESIGN.md §3, step 8: signed again when the selector is gone or the signature is older than 3 days.
// Not here  keys (dkim/signer.h), signing at intake (mta/submit).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "dkim/signer.h"
#include "mta/smtp/body.h"
#include "mta/smtp/header_section.h"
#include "mta/smtp/lost.h"
#include "queue/message.h"

namespace mta {

inline constexpr auto oldest_signature = std::chrono::hours(72);

// Whether the message should be signed again: it was signed and that is stale, or it can be signed now and never was.
bool signature_is_stale(const queue::Message&, const dkim::Signer&, Instant now);

// The DKIM-Signature fields over `content`.
awaitable<std::optional<std::string>> sign_again(std::unique_ptr<dkim::Signature>, std::unique_ptr<smtp::Body> content, Work&);

// Feeds a message that comes in pieces to a signature: the header fields once all are there, then the body.
class SignatureFeed {
 public:
  explicit SignatureFeed(dkim::Signature& signature) : signature_(signature) {}
  void add(std::string_view piece);
  std::string finish();

 private:
  void feed_header();

  dkim::Signature& signature_;
  smtp::HeaderSection header_{smtp::HeaderReading::as_signed};  // until it is complete
  bool in_body_ = false;
};

}  // namespace mta
