// mta/simulate/outcomes.h — what an answer does, in a season.
//
// What      Ledgers, brakes and health of the lane, the fate of the recipients.
// Units     Recipients.
// Promise   The rules are those of warmup/: nothing here decides.
// Errors    None.
// Source    WARMUP.md §4, §7, §8.
// Not here  who answers (receiver.h), what is tried (simulation.cpp).
#pragma once

#include "mta/simulate/random.h"
#include "mta/simulate/receiver.h"
#include "mta/simulate/season_state.h"
#include "warmup/verdict.h"

namespace mta::simulate {

struct AnsweredPart {  // what of an attempt got one answer
  SimulatedQueue& queue;
  SimulatedLane& lane;
  Cohort cohort;
  bool probe = false;
};

class Outcomes {
 public:
  Outcomes(SeasonState& state, std::uint64_t seed) : state_(state), luck_(seed) {}
  void settle(AnsweredPart, const SimulatedReply&);

 private:
  void keep_ledgers(AnsweredPart&, const SimulatedReply&);
  static std::optional<warmup::Verdict> counted_before(const AnsweredPart&);
  void hear(const AnsweredPart&, const SimulatedReply&);
  Duration withhold(const AnsweredPart&, const SimulatedReply&);
  void react(const AnsweredPart&, const SimulatedReply&);
  void tally(const AnsweredPart&, const SimulatedReply&, warmup::Follows);
  warmup::NextStep next_step(AnsweredPart&, const SimulatedReply&);
  void follow(AnsweredPart&, const SimulatedReply&, const warmup::NextStep&);
  void wait_in_place(AnsweredPart&);
  void retry_later(AnsweredPart&, Instant next);
  void end(const AnsweredPart& part, Recipients Counts::*fate) { state_.end(part.queue, part.lane, part.cohort, fate); }
  void close_site(SimulatedQueue&);

  SeasonState& state_;
  Random luck_;
};

}  // namespace mta::simulate
