// warmup/overflow.h — does an overflow take mail now?
//
// What      A pure function: how the overflow's lane and the site behind it stand → nothing, one message to see, or all.
// Units     Instants of scheduling time.
// Promise   It takes no more than its class can still get there today. A brake or a site that does not answer ends without an operator when
//           mail waits that may overflow: from the instant when the brake's interval or the site's back-off has passed one message is let
//           through at a time, until it was answered. Only a pause by an operator waits for people.
// Errors    None.
// Source    WARMUP.md §1 (liveness), §6.
// Not here  whether mail wants to overflow (held.h), what is left of its day (gate.h).
#pragma once

#include "warmup/lane.h"

namespace warmup {

// Of the mail that would take this way: its site, and what waits there already.
struct OverflowSite {
  bool closed = false;  // it could not be talked to
  Instant opens{};      // not before, when closed
  bool tried = false;   // a message waits there that is due, or is in conversation: it will see
  Recipients waiting = 0;
  std::optional<Recipients> left{};  // what its class can still get there today; empty: no limit
};

enum class Takes { nothing, one, all };

struct OverflowAnswer {
  Takes takes = Takes::all;
  std::string_view why;  // it takes nothing, or only one; "" = all
  Instant again{};       // when to ask again, when it takes nothing; later than `now`
  bool settles = false;  // a conversation that ends may change it sooner
};

OverflowAnswer ask_overflow(const Lane&, const OverflowSite&, Instant now);

}  // namespace warmup
