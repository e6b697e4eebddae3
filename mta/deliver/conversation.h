// mta/deliver/conversation.h — takes what was assigned to servers of its site, and tells the desk what became of it.
//
// What      One coroutine: find the way, try its addresses in order, send the message, settle, and as long as the connection is good,
//           the next message; then QUIT.
// Units     –
// Promise   Every assignment is settled exactly once, with one outcome per addressee, whatever servers or names do. A connection-level
//           failure at all addresses is the site's (site_failed), not the recipients' (untried). A server that drops the line or answers
//           421 before it has the message has it tried with the next one; when none takes it, the outcome is what was heard first, and
//           the site gave up (site_gave_up). A reused connection that turns out dead before anything was said costs nothing. An optional
//           extension that fails is left out at once, on this connection or a new one, and with that server for a day: no mail is
//           returned or waits for its sake. TLS that carries nothing counts as a failed handshake.
// Errors    None leave, but bugs.
// Source    DESIGN.md §3 (steps 8–10); RFC 5321 §5.1; WARMUP.md §8.
// Not here  who is assigned (mta/scheduler), what replies mean (verdict.h), the dialogue (mta/smtp/client_session.h).
#pragma once

#include <functional>
#include <memory>

#include "mta/deliver/connection.h"
#include "mta/deliver/desk.h"
#include "mta/deliver/extension_trial.h"
#include "mta/deliver/resign.h"
#include "mta/route/provider.h"

namespace mta {

struct ConversationParts {
  World world;
  Desk& desk;
  std::shared_ptr<const Judge> judge;  // shared: a reload replaces them while conversations go on
  std::shared_ptr<const Providers> providers;
  // A signature to make before the message is sent, or null to send it as it is. `changed`: the content is not what was signed.
  std::function<std::unique_ptr<dkim::Signature>(const queue::Message&, bool changed)> begin_signature;
  // Makes a whole message 7-bit, for servers that do not offer 8BITMIME. Empty, or unset: it goes as it is.
  std::function<std::optional<std::string>(const std::string& message)> downgrade;
  std::shared_ptr<Hangup> hangup = std::make_shared<Hangup>();
  smtp::Timeouts timeouts;
  std::shared_ptr<FailedExtensions> failed_extensions = std::make_shared<FailedExtensions>();  // shared by all conversations
};

awaitable<void> converse(Assignment first, ConversationParts);

}  // namespace mta
