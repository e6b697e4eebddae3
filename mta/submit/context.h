// mta/submit/context.h — what all conversations of the listeners share.
//
// What      The doors to the daemon, the memory limit, the check of passwords, and what is counted about strangers and unsigned mail.
// Units     –
// Promise   Outlives every session. The memory gate goes first: frames that wait in it may still use the rest.
// Errors    None.
// Source    DESIGN.md §4.2.
// Not here  who is connected (listener.h).
#pragma once

#include "mta/submit/credentials.h"
#include "mta/submit/memory_gate.h"
#include "mta/submit/parts.h"
#include "mta/submit/refusal_tally.h"
#include "mta/submit/stranger_mail.h"
#include "mta/submit/throttle.h"
#include "mta/submit/unsigned_domains.h"

namespace mta {

struct SubmissionContext {
  explicit SubmissionContext(SubmitParts doors)
      : parts(std::move(doors)), credentials(parts.world), memory(parts.current().config->limits.memory) {}
  SubmitParts parts;
  Credentials credentials;
  MemoryGate memory;
  RefusalTally refusals;                                // of strangers
  StrangerMail stranger_mail;                           // how much they may still store
  UnsignedDomains unsigned_domains;                     // mail that was taken without a key
  Throttle faulty_headers{std::chrono::hours(1), 256};  // that were taken, by From domain and fault
  Throttle log_lines{std::chrono::minutes(1), 64};      // that strangers can cause, by client

  Throttle::Time now() const { return parts.world.stopwatch.now(); }
};

}  // namespace mta
