// mta/sim/checker.h — the promises of design §5, held against what can be seen.
//
// What      A pure function: what clients were told, what receivers got, what the spool says → the promises that were broken.
// Units     One sentence a broken promise.
// Promise   No message that was acknowledged is lost (1). Every accepted recipient is in exactly one place: waiting, or ended by
//           exactly one of delivered, bounced, expired, dropped (3). A second copy exists only where the dot was sent and the
//           outcome not durable (1): no reply was heard, or a crash lies between. What arrives is what was sent, to the octet.
//           Bounces are sent.
// Errors    None: broken promises are the result.
// Source    design §5.
// Not here  gathering the evidence (town.h).
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "mta/sim/clients.h"
#include "mta/sim/receivers.h"
#include "queue/message.h"

namespace mta::sim {

struct EventSeen {
  std::uint64_t seq = 0;
  Instant at{};
  std::string type, id, recipient_id, recipient, sender, message_id, client;
  std::uint64_t recipients = 0;  // of `accepted`
  std::string text;              // the whole, for people
};

struct RowSeen {  // of the recipient family
  queue::RecipientId id;
  queue::Recipient recipient;
};

struct Evidence {
  std::deque<Submission> submissions;
  std::vector<Copy> copies;  // of all receivers
  std::vector<EventSeen> events;
  std::vector<RowSeen> rows;
  std::vector<Instant> crashes;
  std::vector<std::string> offences;  // of all receivers
};

std::vector<std::string> broken_promises(const Evidence&);

}  // namespace mta::sim
