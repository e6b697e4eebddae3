// warmup/held.h — what becomes of the head of a queue that no lane takes.
//
// What      Pure functions: may it go by the overflow, has it waited too long, is it bound to its source no more, does a block end it, when
//           is it looked at again. Nothing of this is asked while only what is in conversation holds it (Hold::passes).
// Units     Recipients; instants of scheduling time.
// Promise   The daemon and `simulate` ask the same functions. Pace alone never sends mail to the overflow.
// Errors    None.
// Source    warmup/WARMUP.md §6 (overflow, max_wait, bound sources), §8 (blocks).
// Not here  whether the overflow takes something (overflow.h), whether a lane grants (gate.h).
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "warmup/gate.h"
#include "warmup/lane.h"
#include "warmup/options.h"

namespace warmup {

inline constexpr Duration bound_longest = std::chrono::hours(24);    // then what a greylister put off may go by another source
inline constexpr Duration blocked_longest = std::chrono::hours(24);  // then what was refused 5xx for our reputation bounces

// For long: paused, or more than an hour of cooling left.
bool is_braked_for_long(const Lane&, Instant now);
// Paused by an operator, or braked and not yet due to be asked again: an overflow gives its mail back.
bool is_held_back(const Lane&, Instant now);

// The lanes that a queue may use, together.
struct Room {
  bool all_braked_for_long = false;
  std::optional<Recipients> left;  // what the class may still get today; empty: no limit
};
// `ahead`: what waits before it in its class. `exempt`: no ledger counts it.
bool is_full(const ClassOptions&, const Room&, bool exempt, Recipients ahead);

struct Head {
  Instant due{};         // it waits since then; one that was blocked since the first refusal
  bool blocked = false;  // refused 5xx for our reputation: by the overflow at once, whatever its class says
};
bool may_overflow(const ClassOptions&, const Head&, bool full, Instant now);

enum class TooLong { no, warn, bounce };
TooLong waits_too_long(const ClassOptions&, const Head&, Instant now);
bool block_ends(const Head&, Instant now);  // it bounces
// When a queue looks again at a head that is held until `opens`: sooner when it has waited too long by then, or its block ends; later than
// `now`. `bound`: to one source.
Instant looks_again(const ClassOptions&, const Head&, Instant opens, bool bound, Instant now);

// What the pool's own lanes take beyond what waits for them already, for mail that would come back from the overflow.
struct PoolRoom {
  Recipients more = 0;
  Instant opens{};  // when to ask again, if it is 0; later than `now`
};
// `answers`: of its lanes to `waiting` + 1 recipients. `closed_until`: its site is not talked to before.
PoolRoom room_in_pool(std::span<const Answer> answers, Recipients waiting, std::optional<Instant> closed_until, Instant now);

// Mail in the overflow goes back as long as a brake holds that lane, and when its site does not answer: but for one message that tries it
// (`another`: one more is there to try) until the pool takes that one too.
bool leaves_overflow(const Lane&, bool site_closed, bool another, const std::function<bool()>& pool_takes, Instant now);

// A greylisted recipient may go by any source again: after a day, or when the lane is held for longer than four hours and three delays.
bool is_unbound(const Lane&, Instant bound_at, Duration greylist_delay, Instant now);

}  // namespace warmup
