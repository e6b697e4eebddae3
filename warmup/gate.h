// warmup/gate.h — may this lane send now, and how many?
//
// What      A pure function: what a message's ledgers stand at (its lane, its source's total) → Permit or Hold.
// Units     Recipients; instants UTC.
// Promise   A permit is the conjunction of all ledgers. For one ledger and one day charged + reserved + pending never exceeds its limit, and
//           when the limit fell below it (a stage lost overnight), charged + reserved does not: places that were kept wait too. A hold
//           names the latest of the reasons and when it ends, later than `now`; asking earlier is in vain unless something settles.
//           No allocation.
// Errors    None: every input has an answer.
// Source    WARMUP.md §1–§5, §8.
// Not here  counting (ledger.h), connections (mta/scheduler), days that end (advance.h): advance_to first.
#pragma once

#include <span>
#include <variant>

#include "warmup/lane.h"

namespace warmup {

enum class Why { cap, surge, pace, hourly, reserve, attempts, bounces, cooling, paused, pinned };
std::string_view name(Why);  // for people: "hourly limit"
std::string_view word(Why);  // for programs: "hourly"
// Why mail waits for `lane`, in words: "pace of ip-1 to google", "ip-1 to yahoo is cooling".
std::string sentence(Why, std::string_view lane);

struct Permit {
  Recipients recipients = 0;
  bool probe = false;  // one message to see whether the brake may be let go
};
struct Hold {
  Instant until{};
  Why why = Why::cap;
  bool overall = false;     // it is the source's total that holds
  bool settles = false;     // a conversation that ends may open it sooner
  bool open_ended = false;  // it ends when somebody ends it: `until` is when to ask again
  bool passes = false;      // it ends if all that is in conversation is refunded: nothing follows from it yet
};
using Answer = std::variant<Permit, Hold>;
bool ends_before(const Hold&, const Hold&);  // what is open-ended ends after everything else

struct Ask {
  std::string_view mail_class;
  Recipients wanted = 1;
  bool has_place = false;   // greylisted before: its place is kept
  Recipients reserved = 0;  // of `wanted`, by this very conversation: a permit of an earlier day asks again before DATA
  bool exempt = false;      // to a domain of our own: no ledger counts it, so only brakes and operator holds may hold it
};

// REQUIRES: wanted > 0; every ledger was rolled to `now`.
Answer ask(std::span<const LaneView> ledgers, const Ask&, Instant now);

// Observe mode: an enforced plan would have held it.
bool would_hold(const LaneView&, const Ask&, Instant now);

// One gate of one ledger, for `why`: what is used, what is allowed, when it opens.
struct GateView {
  Why why = Why::cap;
  bool open = true;
  Recipients value = 0, limit = 0;
  Instant next{};
};
std::vector<GateView> gates(const LaneView&, const Ask&, Instant now);

// What the class can still get today by the ledger's limit and reserves, whatever the pace; empty: no limit.
std::optional<Recipients> left_today(const LaneView&, std::string_view mail_class, Instant now);
std::optional<Recipients> left(const Lane&);  // of all classes together
double elapsed(const Day&, Instant now);      // share of the day, 0…1

}  // namespace warmup
