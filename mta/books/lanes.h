// mta/books/lanes.h — how many conversations each source may hold with each provider.
//
// What      One Lane per (source, provider): open conversations, a window with 1/N feedback, the provider's rate, the day's counts.
// Units     Conversations; recipients in the counts; a day is the UTC day until plans bring their own.
// Promise   open ≤ min(window, the provider's connections). Lanes without conversations cost no memory beyond the most recent ones.
// Errors    None.
// Source    facts of Postfix's scheduler (+1/N, −1/N), warmup-rules §8 (connection_limit).
// Not here  caps and permits (warmup/gate.h), site back-off (a line's).
#pragma once

#include <deque>
#include <map>
#include <string>

#include "conf/config.h"
#include "mta/deliver/verdict.h"
#include "mta/world.h"
#include "warmup/ledger.h"

namespace mta {

struct LaneKey {
  std::string source, provider;
  std::string encode() const { return source + '\0' + provider; }
  friend auto operator<=>(const LaneKey&, const LaneKey&) = default;
};

struct Lane {
  unsigned open = 0;  // conversations, idle ones too
  double window = 5;
  Instant limited_until{};          // connection_limit heard: one connection, half the messages
  Instant next_start{};             // rate: no message before this
  std::deque<std::string> waiting;  // lines that want a slot, first come first served
  warmup::Ledger ledger;
  bool dirty = false;  // the ledger changed since the last flush

  unsigned slots(const conf::Provider& limits, Instant now) const;  // conversations that may still be opened
  bool limited(Instant now) const { return now < limited_until; }
  void succeeded(const conf::Provider& limits);
  void failed();
};

}  // namespace mta
