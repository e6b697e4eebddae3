// mta/scheduler/attempt_row.h — what is written before a recipient is tried.
//
// What      The row of the attempt family: where the recipient waits, when it is tried next if we die now, and which lane it was taken for.
// Units     Instants UTC milliseconds.
// Promise   decode(encode(x)) == x.
// Errors    decode returns nothing for what is no row.
// Source    DESIGN.md §3 (step 7), WARMUP.md §4 (restart: every open attempt is charged).
// Not here  what becomes of it at a start (recovery.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "queue/types.h"

namespace mta {

struct AttemptRow {
  queue::Instant due{};   // its row in the queue
  queue::Instant next{};  // tried again then, should this attempt never be settled
  std::string source, provider;
  std::string queue;
  friend bool operator==(const AttemptRow&, const AttemptRow&) = default;
};

std::string encode(const AttemptRow&);
std::optional<AttemptRow> decode_attempt(std::string_view);

}  // namespace mta
