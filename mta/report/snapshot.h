// mta/report/snapshot.h — what the scheduler tells reports: copies of its state, each of one instant.
//
// What      Lanes with their rules and connections, the way of one recipient, counts of the whole; and Snapshots, by which they are had.
// Units     Recipients; scheduling time.
// Promise   Values. What they share with the scheduler (a lane's days before today, its rules) never changes: whatever is computed from them
//           takes no time of the scheduler's thread.
// Errors    None. A lane whose source went with a reload meanwhile has no plan.
// Source    DESIGN.md §4.1.
// Not here  what follows from them (lane_reports.h, gates.h, forecasts.h, status.h), the copying (mta/scheduler/snapshot_copies.h).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "mta/doors/world.h"
#include "mta/report/queries.h"
#include "warmup/gate.h"
#include "warmup/lane.h"
#include "warmup/lane_key.h"

namespace mta {

using warmup::LaneKey;

struct LaneState {
  std::string row;  // its key in the store
  warmup::Lane record;
  std::shared_ptr<const warmup::Rules> rules;
  unsigned connections = 0, idle = 0;  // open, and of these those that wait for another message
  unsigned most_connections = 0;       // that it may have now
  bool absent = false;                 // the address of its source is not on this host
  warmup::LaneView view() const { return {&record, rules.get()}; }
};

struct LaneStates {
  Instant now{};  // the last of them was copied then
  std::shared_ptr<const conf::Config> config;
  std::map<LaneKey, LaneState> lanes;

  const LaneState* find(const LaneKey&) const;
  // The source's total, when it has one in which the lane counts; else null.
  const LaneState* total_of(const LaneKey&) const;
  // By the lane and its total. REQUIRES: the lane is here.
  warmup::Answer permit(const LaneKey&, const warmup::Ask&) const;
};

// The key of the total in which a lane counts; empty when it counts in none.
std::optional<LaneKey> total_key_of(const conf::Config&, const LaneKey&);

struct WayState {              // of one recipient to the lanes of its queue
  std::vector<LaneKey> order;  // as its pool names their sources; empty: they are not known yet
  LaneStates lanes;
  std::optional<Instant> withheld_until;  // its From domain waits there alone
  std::string overflow_holds;             // why the pool's overflow takes nothing now, or only one message; "" = it takes all
};

// Which lanes: those of a source, those that status shows under this provider; "" = all.
struct LaneFilter {
  std::string source, provider;
  bool fits(const LaneKey&) const;  // a smarthost's only lane carries mail to every provider
};

// Which ledgers of senders. Without a domain: those in memory that did something today, the busiest first.
struct SenderFilter {
  std::string domain, provider;  // "" = all
};

struct OverallState {
  Instant now{};
  std::shared_ptr<const conf::Config> config;
  std::uint64_t messages = 0, recipients = 0;
  bool accepting = true;
  std::string not_accepting;  // why
  std::vector<DamageReport> damaged;
  std::vector<WithheldReport> withheld;
  std::vector<LaneKey> lanes;    // that status shows, those that do something first
  std::vector<LaneKey> senders;  // likewise
};

class Snapshots {
 public:
  virtual ~Snapshots() = default;
  virtual Instant now() const = 0;  // from any thread, as the rest
  virtual awaitable<std::shared_ptr<const conf::Config>> config() = 0;
  virtual awaitable<OverallState> overall(LaneFilter) = 0;
  virtual awaitable<LaneStates> lanes(std::set<LaneKey>) = 0;  // and the totals in which they count
  virtual awaitable<std::vector<LaneKey>> senders(SenderFilter) = 0;
  virtual awaitable<WayState> way_of(GateRequest) = 0;
  virtual awaitable<std::vector<WithheldReport>> withheld_at(std::string provider) = 0;
  virtual awaitable<std::set<queue::RecipientId>> in_conversation(std::vector<queue::RecipientId>) = 0;  // those of them that are
};

}  // namespace mta
