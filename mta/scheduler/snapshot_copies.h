// mta/scheduler/snapshot_copies.h — copies of the scheduler's state, for reports.
//
// What      Implements Snapshots: of each question a job that copies what it needs and computes nothing.
// Units     –
// Promise   From any thread. Lanes are copied some at a time, and between two such jobs others have their turn: however many lanes a question
//           needs, it holds up neither accept nor settle. A copy makes no lane and changes nothing. Lanes in memory are shown, and the one that
//           a question names by source and provider, wherever it is.
// Errors    None.
// Source    DESIGN.md §4.1.
// Not here  what is computed from them (mta/report).
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mta/report/snapshot.h"
#include "mta/scheduler/acceptor.h"
#include "mta/scheduler/held_heads.h"

namespace mta {

class SnapshotCopies final : public Snapshots {
 public:
  struct Parts {
    OverflowUse& overflow;
    const HeldHeads& held;
    const Acceptor& acceptor;
    const SpaceWatch& space;
  };
  SnapshotCopies(SchedulerState& state, Parts parts) : state_(state), parts_(parts) {}

  Instant now() const override { return state_.now(); }
  awaitable<std::shared_ptr<const conf::Config>> config() override;
  awaitable<OverallState> overall(LaneFilter) override;
  awaitable<LaneStates> lanes(std::set<LaneKey>) override;
  awaitable<std::vector<LaneKey>> senders(SenderFilter) override;
  awaitable<WayState> way_of(GateRequest) override;
  awaitable<std::vector<WithheldReport>> withheld_at(std::string provider) override;
  awaitable<std::set<queue::RecipientId>> in_conversation(std::vector<queue::RecipientId>) override;

 private:
  struct Copying;  // of lanes, under way
  // These run on the scheduler's thread.
  OverallState copy_overall(const LaneFilter&) const;
  std::vector<LaneKey> shown_lanes(const LaneFilter&) const;
  std::optional<LaneKey> stored_lane(const LaneFilter&) const;
  std::vector<LaneKey> shown_senders(const SenderFilter&) const;
  void add_stored_senders(const SenderFilter&, std::set<LaneKey>&) const;
  std::vector<WithheldReport> copy_withheld(const std::string& provider) const;  // "" = of all
  WayState copy_way(const GateRequest&);
  bool copy_some(Copying&);
  void copy(const LaneKey&, LaneStates&);

  SchedulerState& state_;
  Parts parts_;
};

}  // namespace mta
