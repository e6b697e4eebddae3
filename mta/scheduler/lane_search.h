// mta/scheduler/lane_search.h — what the lanes that may carry a queue's head said.
//
// What      The lane that is to carry it, when one grants a permit and has a connection to spare; else what holds it, lane by lane.
// Units     Recipients; scheduling time.
// Promise   Plain values.
// Errors    None.
// Source    WARMUP.md §5, §6.
// Not here  the search (scheduler_lanes.cpp).
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "mta/scheduler/parts.h"
#include "warmup/gate.h"

namespace mta {

struct ChosenLane {
  LaneKey key;
  std::uint64_t idle = 0;  // the conversation that waits for more, 0 = a new one
  warmup::Recipients recipients = 0;
  bool probe = false, exempt = false;
};

struct Search {
  std::optional<ChosenLane> place;
  std::vector<LaneKey> lanes;         // that grant it and have no connection to spare
  bool permitted = false;             // by one at least, whether or not it has a connection to spare
  bool no_room = false;               // too many conversations altogether
  std::optional<Instant> rate_opens;  // how fast conversations may begin
  std::optional<Instant> looks_for;   // a source whose address is not here is looked for then
  std::vector<std::pair<LaneKey, warmup::Hold>> holds;
  std::optional<warmup::Hold> hold;  // the one that ends first
  LaneKey held_by;
  bool passes = false;                 // a lane holds it only for what is in conversation
  std::optional<Instant> looks_again;  // at the head, whatever the lanes say
};

}  // namespace mta
