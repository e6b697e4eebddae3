// mta/simulate/awake_queues.h — which queue that is awake has the next turn.
//
// What      The queues that want something of a ledger, in the order of their claims; ledgers have their turns one after the other, as
//           conversations run side by side.
// Units     Recipients; instants of scheduling time.
// Promise   next() is the strongest by the claims as they are now. A turn is one message, as in the daemon, when few are left of a day; of
//           more, each queue that competes has about four turns. All unlisted sites are one party in a total over everything. Of a braked
//           lane the queue that has its probe stands for it.
// Errors    next(): REQUIRES that a queue is awake.
// Source    WARMUP.md §5, §8 (probe).
// Not here  what makes a claim (warmup/claim.h), whether the queue may go (simulation.cpp).
#pragma once

#include <array>
#include <map>
#include <set>

#include "mta/simulate/queues.h"
#include "warmup/claim.h"

namespace mta::simulate {

class AwakeQueues {
 public:
  struct NextTurn {
    SimulatedQueue& queue;
    Recipients most = 0;  // of its head
  };
  AwakeQueues(Lanes& lanes, const Queues& queues) : lanes_(lanes), queues_(queues) {}

  void enter(const SimulatedQueue&, Instant now);  // with the claim that it has now; not when it is empty or sleeps
  bool empty() const { return ledgers_.empty(); }
  NextTurn next(Instant now);  // which leaves

 private:
  struct Contender {
    warmup::Claim claim;
    std::size_t queue = 0;
    friend bool operator<(const Contender& a, const Contender& b) {
      if (a.claim.stronger_than(b.claim)) return true;
      return !b.claim.stronger_than(a.claim) && a.queue < b.queue;
    }
  };
  using Contenders = std::set<Contender>;
  using Parties = std::array<Contenders, 2>;  // others; unlisted sites that are one party

  warmup::Turn turn_of(const SimulatedQueue&, Instant now) const;
  warmup::Claim claim_of(const SimulatedQueue& queue, Instant now) const { return warmup::claim_of(turn_of(queue, now)); }
  warmup::Claim claim_of_party(const SimulatedQueue& first, Instant now) const;
  bool stands_for_lane(const SimulatedQueue&, Instant now) const;
  void leave(const SimulatedQueue&);
  SimulatedQueue* strongest(Contenders&, Instant now);
  bool is_awake(std::size_t queue) const { return queue < contenders_.size() && contenders_[queue].has_value(); }

  Lanes& lanes_;
  const Queues& queues_;
  std::map<std::size_t, Parties> ledgers_;            // by the ledger that queues share
  std::vector<std::optional<Contender>> contenders_;  // by queue
  std::size_t after_ = 0;                             // the ledger after the one that had the last turn
};

}  // namespace mta::simulate
