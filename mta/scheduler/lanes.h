// mta/scheduler/lanes.h — how many conversations each source may hold with each provider, and where the lane stands.
//
// What      One Lane per (source, provider): open conversations, a window with 1/N feedback, the provider's rate, the record of its
//           warm-up. A source's total is a lane too, with a provider of warmup/total.h.
// Units     Conversations; recipients in the record.
// Promise   open ≤ min(window, the provider's connections, what a brake allows). Lanes without conversations cost no memory beyond the
//           most recent ones. Rows are keyed by the source's address: a renamed source keeps its lanes.
// Errors    None.
// Source    Postfix's scheduler (+1/N, −1/N), WARMUP.md §1, §8 (connection_limit).
// Not here  caps and permits (warmup/gate.h), site back-off (a queue's).
#pragma once

#include <memory>
#include <string>

#include "conf/config.h"
#include "mta/deliver/verdict.h"
#include "mta/doors/world.h"
#include "warmup/lane.h"
#include "warmup/queue_shares.h"
#include "warmup/total.h"

namespace mta {

struct LaneKey {
  std::string source, provider;
  bool overall() const { return warmup::is_total_key(provider); }
  std::string shown_provider() const { return overall() ? std::string(warmup::total_name(provider)) : provider; }
  friend auto operator<=>(const LaneKey&, const LaneKey&) = default;
};

// Keys of the lane family: the record; its days, in order of time.
std::string lane_row_key(const std::string& identity, const std::string& provider);
std::string day_row_key(const std::string& lane_row, const std::string& date);
struct LaneRowName {
  std::string identity, provider, date;  // date "" = the record
};
LaneRowName parse_lane_row_key(std::string_view);

struct Lane {
  LaneKey key;
  unsigned open = 0;  // conversations, idle ones too
  double window = 5;
  Instant limited_until{};  // connection_limit heard: one connection, half the messages
  Instant next_start{};     // rate: no message before this
  std::string row;          // its key
  warmup::Lane record;
  std::shared_ptr<const warmup::Rules> rules;
  warmup::QueueShares shares;  // who is next (WARMUP.md §5)
  bool days_changed = false;   // its history is to be written
  Instant rolled{};            // its days were brought up to that moment, by the rules it has

  unsigned free_connections(const conf::Provider& limits, Instant now) const;  // conversations that may still be opened
  bool limited(Instant now) const { return now < limited_until; }
  void succeeded(const conf::Provider& limits);
  void failed();
  warmup::LaneWithRules with_rules() { return {&record, rules.get()}; }
  warmup::LaneView with_rules() const { return {&record, rules.get()}; }
};

}  // namespace mta
