// mta/scheduler/mail_actions.h — what an operator decides about mail in the queue.
//
// What      Retry, drop or bounce of recipients that wait; of those in conversation when it settles, unless they are delivered.
// Units     Recipients.
// Promise   A retry brings the next try forward and never forgets how long mail has waited. A drop and a bounce name who did it and why.
// Errors    None: what is gone meanwhile is stepped over.
// Source    mta/control/JSON.md "queue hand".
// Not here  finding the mail (reports.h).
#pragma once

#include <optional>
#include <string>

#include "mta/report/queries.h"
#include "mta/scheduler/held_heads.h"
#include "mta/scheduler/routing.h"

namespace mta {

struct Decision {
  QueueAction action = QueueAction::retry;
  std::string by, reason;
};

class MailActions {
 public:
  MailActions(SchedulerState& state, HeldHeads& held, Routing& routing) : state_(state), held_(held), routing_(routing) {}
  // `one`: the page was asked for that message alone.
  QueueActionReport carry_out(const QueuePage&, const Decision&, const std::optional<queue::MessageId>& one);
  void apply(const Decision&, const queue::Message&, const Addressee&, Instant due);

 private:
  void apply_or_note(const queue::Message&, const queue::RecipientId&, const Decision&, QueueActionReport&);

  SchedulerState& state_;
  HeldHeads& held_;
  Routing& routing_;
};

}  // namespace mta
