// mta/submit/context.h — what all conversations of the listeners share.
//
// What      The doors to the daemon, the memory limit, the check of passwords, and what is counted about strangers, unsigned mail and bulk mail.
// Units     –
// Promise   Outlives every session. The memory gate goes first: frames that wait in it may still use the rest.
// Errors    None.
// Source    DESIGN.md §4.2.
// Not here  who is connected (listener.h).
#pragma once

#include "mta/submit/credentials.h"
#include "mta/submit/marked_domains.h"
#include "mta/submit/memory_gate.h"
#include "mta/submit/message_id_tally.h"
#include "mta/submit/parts.h"
#include "mta/submit/refusal_tally.h"
#include "mta/submit/stranger_mail.h"
#include "mta/submit/throttle.h"

namespace mta {

struct SubmissionContext {
  explicit SubmissionContext(SubmitParts doors)
      : parts(std::move(doors)), credentials(parts.world), memory(parts.current().config->limits.memory) {}
  SubmitParts parts;
  Credentials credentials;
  MemoryGate memory;
  RefusalTally refusals;                                  // of strangers
  StrangerMail stranger_mail;                             // how much they may still store
  MarkedDomains unsigned_domains{std::chrono::hours(1)};  // mail that was taken without a key
  MarkedDomains bulk_domains{std::chrono::hours(24)};     // bulk mail that was taken without what providers ask for
  MessageIdTally message_ids;                             // of bulk mail that was taken today
  Throttle faulty_headers{std::chrono::hours(1), 256};    // that were taken, by From domain and fault
  Throttle log_lines{std::chrono::minutes(1), 64};        // that strangers can cause, by client

  Throttle::Time now() const { return parts.world.stopwatch.now(); }
};

}  // namespace mta
