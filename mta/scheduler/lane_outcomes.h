// mta/scheduler/lane_outcomes.h — what an outcome does to the lane's ledger, health and brake.
//
// What      Charges, keeps or refunds what was reserved; counts the outcome for the health of the lane and of the sender's ledger; applies
//           brakes.
// Units     Recipients.
// Promise   What was reserved is settled once. A block of the conversation ends its probe.
// Errors    None.
// Source    WARMUP.md §4, §7, §8.
// Not here  the rules (warmup/ledger.h, health.h, brake.h), what becomes of the recipient, and the number of connections (settlements.h).
#pragma once

#include "mta/scheduler/scheduler_state.h"
#include "warmup/brake.h"
#include "warmup/ledger.h"

namespace mta {

class LaneOutcomes {
 public:
  explicit LaneOutcomes(SchedulerState& state) : state_(state) {}
  // `place` of the recipient says afterwards whether a place is kept for it.
  void settle_permit(const Conversation&, queue::Recipient&, const Outcome&);
  // A copy that left at that time beside the one that was permitted. REQUIRES: a permit for as many.
  void charge_copy(const Conversation&, std::size_t recipients, Instant left);
  void record(Conversation&, const queue::Recipient& before, const Outcome&);
  void record_refusal(Conversation&, const SourceRefused&);              // before any message was said
  void record_relay_denial(Conversation&, const std::string& evidence);  // of a smarthost

 private:
  void count_for_sender(const Conversation&, const queue::Recipient& before, warmup::Heard);
  void note_charge(const Conversation&, Instant left);
  void apply_brakes(Conversation&, Verdict, const warmup::Refusal&, bool answered);
  std::string provider_for_statistics(const Conversation&, const queue::Recipient&);

  SchedulerState& state_;
};

}  // namespace mta
