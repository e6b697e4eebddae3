// mta/scheduler/parts.h — values that several parts exchange: Policy, SchedulerHooks, PendingAccept, InFlight, Returning.
//
// What      The configuration in force, hooks, a message that waits for the next batch, a recipient in conversation, and a message of which
//           recipients are to be reported.
// Units     –
// Promise   Values; a Policy is replaced as a whole.
// Errors    –
// Source    DESIGN.md §3 (steps 4, 8, 11b).
// Not here  the scheduler (scheduler_thread.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "mta/deliver/desk.h"
#include "mta/doors/spool.h"
#include "mta/report/queries.h"
#include "mta/route/provider.h"
#include "mta/scheduler/inbox.h"
#include "queue/queue_index.h"
#include "warmup/live_lane.h"

namespace mta {

using queue::Queue;
using queue::QueueIndex;
using warmup::LaneKey;
using warmup::LiveLane;

// The configuration as the scheduler uses it; replaced as a whole at reload.
struct Policy {
  std::shared_ptr<const conf::Config> config;
  std::shared_ptr<const Providers> providers;
};

struct SchedulerHooks {
  std::function<void(Assignment)> converse;         // after the sync, from the syncer thread: start a conversation
  std::function<void(std::string domain)> look_up;  // find the route of a domain, then call routed()
  // Puts rows of others into the current batch: once an hour, with each event of mail that nothing signs, and last of all. Optional.
  std::function<void(queue::Batch&)> keep = {};
};

struct PendingAccept {
  Incoming mail;
  PendingReply<Acceptance> caller;
};

struct InFlight {
  std::uint64_t conversation;
  std::optional<QueueAction> pending_action;  // what an operator decided while it was in conversation
  std::string by, reason;
};

// A message of which recipients are to be reported to its sender (mta/bounce).
struct Returning {
  std::shared_ptr<const queue::Message> message;
  std::vector<Addressee> addressees;
};

}  // namespace mta
