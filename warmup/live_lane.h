// warmup/live_lane.h — a lane in memory: its record, the rules it follows, and the connections it may hold.
//
// What      One lane per source and provider; a source's total is a lane too, with a provider of total.h.
// Units     Connections are conversations, idle ones too; recipients in the record.
// Promise   open ≤ min(window, the provider's connections, what a brake allows). The window grows by 1/N with an answer and shrinks by
//           1/N with a failure.
// Errors    None.
// Source    Postfix's scheduler (+1/N, −1/N), WARMUP.md §1, §8 (connection_limit).
// Not here  caps and permits (gate.h), the back-off of a site (queue/queue_index.h), which lanes there are (lane_table.h).
#pragma once

#include <memory>
#include <string>

#include "warmup/lane.h"
#include "warmup/lane_key.h"
#include "warmup/queue_shares.h"

namespace warmup {

struct LiveLane {
  LaneKey key;
  std::string row;  // its key in the store
  Lane record;
  std::shared_ptr<const Rules> rules;
  QueueShares shares;         // which queue is next (WARMUP.md §5)
  bool days_changed = false;  // its history is to be written
  Instant brought_to{};       // its days were advanced to that moment, by the rules it has

  unsigned open = 0;        // connections
  double window = 5;        // of connections, by what was answered
  Instant limited_until{};  // connection_limit heard: one connection, half the messages
  Instant next_start{};     // rate: no message before this

  // `most`: connections that the provider's configuration allows.
  unsigned free_connections(unsigned most, Instant now) const;  // that may still be opened
  bool limited(Instant now) const { return now < limited_until; }
  void start_window(unsigned most);
  void succeeded(unsigned most);
  void failed();

  LaneWithRules with_rules() { return {&record, rules.get()}; }
  LaneView with_rules() const { return {&record, rules.get()}; }
};

}  // namespace warmup
