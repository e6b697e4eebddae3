// mta/scheduler/scheduler_state.h — what the parts of the scheduler share: the owners of its state.
//
// What      The configuration in force, and one owner for each kind of state: transaction, queues, mail, lanes, conversations, withheld
//           From domains, absent sources, known routes.
// Units     –
// Promise   All of it is of the scheduler's thread, but for what says "from any thread". Parts keep no copies of what an owner has.
// Errors    –
// Source    DESIGN.md §3; §8, rule 9.
// Not here  decisions (the parts that are made with it).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mta/scheduler/absent_sources.h"
#include "mta/scheduler/conversations.h"
#include "mta/scheduler/mail_table.h"
#include "mta/scheduler/plans.h"
#include "mta/scheduler/route_cache.h"
#include "mta/scheduler/stored_lanes.h"
#include "mta/scheduler/transaction.h"
#include "mta/scheduler/withholding.h"

namespace mta {

// Whether recipients that are bound to one source of the pool count: they have their place in the lane's day already.
enum class Bound { counted, not_counted };

bool is_blocked(const queue::Recipient&);              // refused 5xx for our reputation, and waits all the same
std::string ascii_domain_of(const queue::Recipient&);  // of its address; as it is written when it has no such form

struct SchedulerState {
  SchedulerState(World, Policy, std::shared_ptr<queue::Store>, SchedulerHooks, std::function<void()> after_drain);

  // Constant after construction, but for the policy, which a reload replaces as a whole.
  World world;
  Policy policy;
  std::shared_ptr<queue::Store> store;
  SchedulerHooks hooks;
  std::shared_ptr<Inbox> inbox;

  // The owners, in the order in which they need each other.
  Transaction transaction;
  Conversations conversations;
  std::set<queue::RecipientId> reporting;  // their DSN is being written
  QueueIndex queues;
  MailTable mail;
  std::shared_ptr<const Plans> plans;  // replaced with the policy
  StoredLanes stored_lanes;
  warmup::LaneTable lanes;
  Withholding withholding;
  AbsentSources absent;
  RouteCache routes;

  // Set by the scheduler before start(): the queue is to be run.
  std::function<void(Queue&)> wake;

  // From any thread.
  std::atomic<bool> stopping{false}, finished{false};

  void ensure_writer() const { ENSURE(inbox->writer().is_here()); }  // whatever changes the state calls it first
  Instant now() const { return world.calendar.now(); }
  const conf::Config& config() const { return *policy.config; }
  const conf::Pool* pool_of(const std::string& name) const;  // by which mail of that pool goes; null: there is none
  const conf::Provider& limits(const std::string& provider) const { return policy.providers->limits(provider); }
  const warmup::ClassOptions& class_of(const std::string& name) const;  // by whose rules mail of that class goes
  std::vector<LaneKey> lanes_of(const Queue&) const;                    // by which its mail may go, as configured
  std::optional<warmup::Recipients> left_for(const Queue&);             // today, on all of them; empty: no limit
  bool is_own(const queue::Recipient&) const;                           // at a domain of our own (WARMUP.md §1)
  void free_place(const queue::Message&, queue::Recipient&);            // that was kept for it in a lane's day, if any
  // The ledger of its From's domain at that provider; empty: From names none.
  static std::optional<LaneKey> sender_of(const queue::Message&, const std::string& provider);
  std::map<LaneKey, LaneKey> follow(Policy);                                // from now on; what each lane in memory is called now
  queue::QueueKey home_of(queue::QueueKey, const queue::Recipient&) const;  // its queue when it may go by any source of the pool
  // Number of recipients queued ahead of a new one, summed over all sites of the provider.
  std::uint64_t ahead_of(const queue::QueueKey&, Bound);
  // The first row in memory of the queue that may go now and is of another message than `trigger`.
  std::deque<queue::QueueRow>::const_iterator another_than(const Queue&, const std::string& trigger) const;
};

}  // namespace mta
