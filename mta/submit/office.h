// mta/submit/office.h — what all conversations of the listeners share.
//
// What      The doors to the daemon, the memory limit, and the check of passwords.
// Units     –
// Promise   Outlives every session. The memory gate goes first: frames that wait in it may still use the rest.
// Errors    None.
// Source    design §3.3.
// Not here  who is connected (listener.h).
#pragma once

#include "mta/submit/credentials.h"
#include "mta/submit/memory_gate.h"
#include "mta/submit/parts.h"

namespace mta {

struct Office {
  explicit Office(SubmitParts doors)
      : parts(std::move(doors)), credentials(parts.world), memory(parts.current().config->limits.memory) {}
  SubmitParts parts;
  Credentials credentials;
  MemoryGate memory;
};

}  // namespace mta
