// mta/scheduler/turns.h — the queues that want something of a ledger, in the order of their claims.
//
// What      A ticket for every queue that is ready, is held by a ledger, or waits for a connection of a lane; ordered within the group of
//           those that get the same answer of the gate: one ledger, one class.
// Units     Queues by their encoded key.
// Promise   first() is the strongest by the claims as they are now, whatever the number of queues: a claim only weakens within a day, so
//           tickets are looked at again when they come first, and all of them when the ledger's day ends. At most most_tickets.
// Errors    None: a queue without a ticket looks again when its time comes.
// Source    WARMUP.md §5.
// Not here  what makes a claim (warmup/claim.h), whether a queue may go (scheduler.cpp).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "mta/scheduler/parts.h"
#include "warmup/claim.h"

namespace mta {

enum class Wants { turn, permit, connection };  // it is ready; the ledger holds it; the lane has no connection to spare

struct TicketGroup {
  LaneKey ledger;
  Wants wants = Wants::turn;
  std::string mail_class;
  bool keeps_place = false;  // greylisted mail: other gates hold it
  bool unlisted = false;     // in a total over everything: inside the one party of unlisted sites
  friend auto operator<=>(const TicketGroup&, const TicketGroup&) = default;
};

struct Ticket {
  std::string queue;
  LaneKey lane;  // by which it would go
  warmup::Claim claim;
};

class Turns {
 public:
  static constexpr std::size_t most_tickets = 20'000;
  // The claim as it is now; empty when the ticket stands for nothing any more.
  using ClaimNow = std::function<std::optional<warmup::Claim>(const TicketGroup&, const Ticket&)>;

  void enter(const TicketGroup&, Ticket);
  void leave(const std::string& queue);  // all its tickets
  void clear();
  bool empty() const { return tickets_.empty(); }

  // The ledger holds this group until then; `settles`: the end of a conversation may open it sooner.
  void hold(const TicketGroup&, Instant until, bool settles);
  void open(const LaneKey& ledger, std::string_view mail_class, Instant now);  // it granted something to that class
  void settled(const LaneKey& ledger, Instant now, bool whatever_holds);
  void new_day(const LaneKey& ledger);  // everybody had nothing

  // Groups of a ledger that may have a turn now. Their tickets are in the order of claims as they were told.
  std::vector<TicketGroup> groups(const LaneKey& ledger, Wants, Instant now) const;
  const Ticket* first(const TicketGroup&, const ClaimNow&);
  // The strongest for which `fits`, among the first few.
  const Ticket* first_that(const TicketGroup&, const std::function<bool(const Ticket&)>& fits) const;
  std::size_t count(const LaneKey& ledger, Wants) const;

 private:
  struct Stronger {
    bool operator()(const Ticket& a, const Ticket& b) const {
      if (a.claim.stronger_than(b.claim)) return true;
      if (b.claim.stronger_than(a.claim)) return false;
      return std::tie(a.queue, a.lane) < std::tie(b.queue, b.lane);
    }
  };
  using Places = std::set<Ticket, Stronger>;
  struct Group {
    Places tickets;
    Instant held_until{};
    bool settles = false;
  };
  using Groups = std::map<TicketGroup, Group>;
  struct TicketPlace {
    Groups::iterator group;
    Places::iterator at;
  };
  Groups::iterator begin_of(const LaneKey& ledger) { return groups_.lower_bound({ledger, {}, {}, false, false}); }
  void forget_empty(Groups::iterator);
  void replace(Groups::iterator, Places::iterator, const warmup::Claim&);

  Groups groups_;
  std::map<std::string, std::vector<TicketPlace>> tickets_;  // by queue
};

}  // namespace mta
