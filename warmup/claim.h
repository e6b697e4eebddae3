// warmup/claim.h — which of the queues that wait for one ledger goes first.
//
// What      What a queue can say for having its turn, as a value to compare: the stronger claim is the lesser one. Every message is a turn.
// Units     Recipients; instants are scheduling time.
// Promise   Inside its reserve a class goes first; then lanes that have not yet delivered `use` · cap today; then the queue that had least
//           today, its recipients divided by its class's weight; then what is due first, then what came first. So of queues with one class
//           and weight that all may go none has two messages fewer than another. A probe with the message that met the refusal comes last.
// Errors    None.
// Source    WARMUP.md §5, §8 (probe).
// Not here  which queues wait (mta/scheduler/turns.h), whether they may go (gate.h).
#pragma once

#include <cstdint>
#include <vector>

#include "warmup/lane.h"

namespace warmup {

struct Claim {
  bool only_trigger = false;
  bool reserved = false;  // its class has not had its reserve, or its place is kept
  bool needs_use = false;
  double had = 0;  // recipients of today ÷ weight
  Instant due{};
  std::uint64_t came = 0;  // grows with arrival: which of those that are due at one instant came first

  bool stronger_than(const Claim& other) const;
  friend bool operator==(const Claim&, const Claim&) = default;
};

struct Turn {            // a queue that wants one
  LaneView lane, total;  // total.lane null: its lane counts in none
  std::string_view mail_class;
  Recipients had = 0;        // by this queue today, what is in conversation too
  bool keeps_place = false;  // greylisted before
  Instant due{};
  std::uint64_t came = 0;
};
Claim claim_of(const Turn&);

// In a total over everything all unlisted sites count as one: the claim of the strongest of them, lifted to what all of them had.
struct Party {
  Recipients had = 0;        // of the class
  Recipients delivered = 0;  // of all classes
};
Claim lifted(Claim, const Turn&, const Party&);
// What was of the total today and of none of its lanes of listed providers. A lane whose day began before the total's does not say how much
// of its counts is of this day; then it is not taken off, and the party waits rather than goes before its turn.
Party party_of(const Lane& total, std::string_view mail_class, const std::vector<const Lane*>& listed);

// How many recipients the queue may have in a row before the other one's claim is the stronger. REQUIRES: own is not the weaker one.
Recipients turns_until(const Turn&, const Claim& own, const Claim& other);

// `use` · cap: how many recipients a lane should deliver today; empty when it follows no curve now.
std::optional<Recipients> wanted_use(const LaneView&);

}  // namespace warmup
