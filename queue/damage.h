// queue/damage.h — what an operator accepted as lost.
//
// What      The row of `meta` that a start with `--accept-damage` leaves, so that status can go on saying what is missing.
// Units     Instants are scheduling time.
// Promise   decode(encode(x)) == x.
// Errors    decode returns nothing for what is no row.
// Source    README "See what it does" (--accept-damage, damaged); STORE.md, "What was synced".
// Not here  how it is found (store_open.cpp), who shows it (mta/scheduler).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "queue/types.h"

namespace queue {

inline constexpr std::string_view damage_key = "damage/log";

struct LogDamage {
  std::optional<Instant> lost_since;  // what was acknowledged later may be missing; empty when that is not known
  std::string text;                   // "the write-ahead log /var/spool/warmupd/000012.log is gone"
  bool mail = true;                   // else only what the spool knows besides: lanes, attempts, its own settings
  friend bool operator==(const LogDamage&, const LogDamage&) = default;
};
std::string encode(const LogDamage&);
std::optional<LogDamage> decode_damage(std::string_view);
std::string what_is_lost(const LogDamage&);  // "Mail that was acknowledged is missing since 2026-11-30T08:00:00.000Z"

}  // namespace queue
