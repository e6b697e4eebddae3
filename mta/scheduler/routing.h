// mta/scheduler/routing.h — finds the queue of new mail once the route of its domain is known.
//
// What      Which pool and queue a recipient waits in; look-ups of domains, one at a time for each; what the answer makes of the mail.
// Units     Scheduling time.
// Promise   Look-ups that are slow keep neither memory nor other domains waiting. A domain that cannot get mail is bounced with the reply
//           that says why; one of which nothing can be learnt backs off like a closed site.
// Errors    –
// Source    DESIGN.md §3 (step 4), conf/example.toml.
// Not here  DNS (mta/route), what is known already (route_cache.h).
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "mta/scheduler/disk_waits.h"
#include "mta/scheduler/held_heads.h"

namespace mta {

class Routing {
 public:
  Routing(SchedulerState& state, DiskWaits& disk_waits, OverflowUse& overflow, HeldHeads& held)
      : state_(state), disk_waits_(disk_waits), overflow_(overflow), held_(held) {}

  void run(Queue&);  // a queue of unrouted mail
  void answered(const std::string& domain, const RouteAnswer&);
  std::string pool_for(const queue::Message&, const queue::Recipient&) const;
  bool pool_hangs_on_from(const queue::Message&, const queue::Recipient&) const;  // which is not known before the content
  queue::QueueKey queue_for(const queue::Message&, const queue::Recipient&) const;

 private:
  void route(Queue&, const RouteAnswer&);
  void go_on_later(Queue&);

  SchedulerState& state_;
  DiskWaits& disk_waits_;
  OverflowUse& overflow_;
  HeldHeads& held_;
  std::deque<std::string> waiting_;                          // queues beyond the number of look-ups at once
  std::map<std::string, std::set<std::string>> looking_up_;  // domain → queues that wait for it
};

}  // namespace mta
