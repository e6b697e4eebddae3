// mta/simulate/cohorts.h — what waits in one queue, in the order in which it goes.
//
// What      Cohorts: recipients with one history, neighbours in the order of due, then of arrival. They part and grow together again.
// Units     Recipients. Each has a number of its own, by its arrival, which it keeps for life: its place among those due at one instant.
// Promise   As in the daemon: what is put back, or comes back from another queue, has the place that its waiting earned.
// Errors    take(): REQUIRES that something waits.
// Source    warmup/WARMUP.md §6, §8 (probe), §9.
// Not here  whether the first may go (simulation.cpp).
#pragma once

#include <map>
#include <optional>
#include <string_view>

#include "warmup/outcome.h"

namespace mta::simulate {

using warmup::Duration;
using warmup::Instant;
using warmup::Recipients;

struct SimulatedLane;

struct Cohort {
  Instant born{}, due{};
  std::uint64_t number = 0;  // of the first; the others have those that follow
  Recipients count = 0;
  std::string_view from_domain;  // of the scenario; each recipient is a message of its own
  warmup::Tries tries;
  std::optional<Instant> greylisted_at;  // first, by this source
  bool has_place = false;                // its place in the pinned lane is kept
  const SimulatedLane* heard = nullptr;  // where it was answered last, when and how
  Instant heard_at{};
  std::optional<warmup::Verdict> verdict;  // by which health counts it that day
  std::optional<warmup::Verdict> last;     // what was said of it last
  bool blocked() const { return tries.blocked_since.has_value(); }
  friend bool operator==(const Cohort&, const Cohort&) = default;
};

class Cohorts {
 public:
  using Map = std::map<std::pair<Instant, std::uint64_t>, Cohort>;
  bool empty() const { return all_.empty(); }
  const Cohort& front() const { return all_.begin()->second; }
  Recipients waiting() const { return waiting_; }
  bool another_due(Instant now) const;                 // besides the first
  bool only(std::uint64_t number, Instant now) const;  // of what is due nothing else waits

  bool put(Cohort);                                      // whether it stands at the front
  Cohort take(Recipients);                               // from the front, of one cohort at most
  Cohort take_another(std::uint64_t than, Instant now);  // the first that is due and has another number; else the first

  Map::const_iterator begin() const { return all_.begin(); }
  Map::const_iterator end() const { return all_.end(); }

 private:
  Cohort take_from(Map::iterator, Recipients skipped, Recipients most);

  Map all_;
  Recipients waiting_ = 0;
};

}  // namespace mta::simulate
