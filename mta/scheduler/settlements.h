// mta/scheduler/settlements.h — what follows an outcome.
//
// What      Settles what was in conversation: each recipient is done, retried, bound to its greylister's source, kept in its place, blocked,
//           withheld, returned or routed again; what the conversation says of the number of connections and of the site; it ends or waits for
//           more.
// Units     Recipients; scheduling time.
// Promise   One transaction a settlement: outcome, charge or refund, events. The conversation hears of it after the sync.
// Errors    –
// Source    DESIGN.md §3 (steps 9, 10); WARMUP.md §8, §9.
// Not here  verdicts (warmup/verdict.h), the rule of what follows (warmup/outcome.h), charges, health and brakes of the lane (lane_outcomes.h).
#pragma once

#include "mta/scheduler/held_heads.h"
#include "mta/scheduler/lane_outcomes.h"
#include "mta/scheduler/mail_actions.h"
#include "mta/scheduler/precedence.h"
#include "warmup/outcome.h"

namespace mta {

class Settlements {
 public:
  struct Parts {
    Precedence& precedence;
    HeldHeads& held;
    MailActions& actions;
  };
  Settlements(SchedulerState& state, Parts parts) : state_(state), lane_outcomes_(state), parts_(parts) {}

  void settle(const Settlement&, PendingReply<std::optional<Assignment>>);
  bool may_go_on(std::uint64_t conversation);  // in the new day
  bool may_copy(std::uint64_t conversation, std::size_t recipients, Instant left);
  void end_idle(const std::vector<std::uint64_t>& conversations);

 private:
  // One recipient of a settlement on its way.
  struct Settling {
    Conversation& conversation;
    const Settlement& settlement;
    const queue::Recipient& before;  // as it was taken
    Addressee addressee;             // as it will be
    Instant due;                     // of its row
    Outcome outcome;
    const queue::Message& message() const { return *conversation.message; }
    queue::Recipient& recipient() { return addressee.recipient; }
    queue::RecipientId id() const { return {conversation.message->id, addressee.number}; }
  };
  void feed_back(Conversation&, const Settlement&);
  void settle_one(Settling);
  bool is_decided(Settling&);
  void wait_for_site(Settling&, AttemptReport);
  warmup::NextStep next_step(Settling&);
  void follow(Settling&);
  void route_again(Settling&);
  void keep_in_place(Settling&);
  void wait_for_lane(Settling&, AttemptReport);
  void block(Settling&, Instant since, AttemptReport);
  void retry(Settling&, Instant next, AttemptReport);
  void end(Settling&, queue::Fate);
  void move(Settling&, const std::string& queue, Instant due);
  Duration withhold(const Settling&);
  AttemptReport told_of(const Settling&);
  void end_conversation(std::uint64_t id);
  bool wants_more(const Conversation&, const Settlement&);

  SchedulerState& state_;
  LaneOutcomes lane_outcomes_;
  Parts parts_;
};

}  // namespace mta
