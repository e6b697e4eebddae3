// mta/report/bulk_senders.h — since when a provider takes a sender domain for a bulk sender.
//
// What      A row of `meta` for each domain and provider, written when the domain first sent that much in a day.
// Units     Scheduling time.
// Promise   It stays: a provider does not forget it either.
// Errors    A row that is none reads as one that is not there.
// Source    WARMUP.md §1 (sender ledgers).
// Not here  how much that is (warmup/sender.h).
#pragma once

#include <optional>

#include "queue/store.h"
#include "queue/types.h"
#include "warmup/lane_key.h"

namespace mta {

void note_bulk(queue::Batch&, const warmup::LaneKey& sender, queue::Instant);
std::optional<queue::Instant> bulk_since(const queue::Store&, const warmup::LaneKey& sender);

}  // namespace mta
