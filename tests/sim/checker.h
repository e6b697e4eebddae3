// tests/sim/checker.h — the promises of DESIGN.md §7, held against what can be seen.
//
// What      A pure function: what clients were told, what receivers got, what the spool says → the promises that were broken.
// Units     One sentence a broken promise.
// Promise   No message that was acknowledged is lost (1). Every accepted recipient is in exactly one place: waiting, or ended by
//           exactly one of delivered, bounced, expired, dropped (3). A second copy exists only where the dot was sent and the
//           outcome not durable (1): no reply was heard, or a crash lies between. What arrives is what was sent, to the octet.
//           Bounces are sent. No enforced lane sends more in a day than that day's limit, by what receivers got (2); its limits are
//           those of its curve, one stage a day at most. Whoever is kept is in one line or in one attempt, and who has a place in a
//           lane's day is counted there.
// Errors    None: broken promises are the result.
// Source    DESIGN.md §7.
// Not here  gathering the evidence (town.h).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "queue/message.h"
#include "tests/sim/clients.h"
#include "tests/sim/receivers.h"
#include "warmup/exempt.h"
#include "warmup/lane.h"

namespace mta::sim {

struct EventSeen {
  std::uint64_t seq = 0;
  Instant at{};
  std::string type, id, recipient_id, recipient, sender, message_id, client;
  std::string source, provider, verdict, change;
  std::uint64_t recipients = 0;  // of `accepted`
  std::string text;              // the whole, for people
};

struct RowSeen {  // of the recipient family
  queue::RecipientId id;
  queue::Recipient recipient;
  unsigned queues = 0, attempts = 0;  // rows of these families that name it
};

struct LaneSeen {                 // of the lane family, with its days as history
  std::string row;                // its key
  std::string address, provider;  // of the source; "" = its total over all providers
  warmup::Lane record;
  std::shared_ptr<const warmup::Rules> rules;
};

struct Evidence {
  std::deque<Submission> submissions;
  std::vector<Copy> copies;  // of all receivers
  std::vector<EventSeen> events;
  std::vector<RowSeen> rows;
  std::vector<Instant> crashes;
  std::vector<std::string> offences;  // of all receivers
  std::vector<LaneSeen> lanes;
  std::vector<LaneSeen> senders;                 // ledgers of sender domains; `address` is the identity of their rows
  std::map<std::string, std::string> addresses;  // of sources, by name
  std::map<std::string, std::string> providers;  // of the domains that mail arrived for
  std::vector<Dot> dots;                         // of all receivers
  std::vector<UnknownUserRefusal> strangers;     // likewise
  warmup::Exempt own;                            // domains that no ledger counts
  bool clock_jumped = false;                     // then only the sum over the days is known
};

std::vector<std::string> broken_promises(const Evidence&);
std::vector<std::string> broken_caps(const Evidence&);  // promise 2; among the above

}  // namespace mta::sim
