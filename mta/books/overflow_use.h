// mta/books/overflow_use.h — when mail goes by its pool's overflow, and when it comes back.
//
// What      Whether the overflow takes something now, what goes there as it arrives or from the head of a held queue, and whether mail that
//           is there leaves it again.
// Units     Recipients; scheduling time.
// Promise   What waits there is never more than the class can get there today. Pace alone sends nothing there.
// Errors    None.
// Source    warmup-rules §6.
// Not here  the rules (warmup/overflow.h, warmup/held.h).
#pragma once

#include "mta/books/scheduler_state.h"
#include "mta/books/search.h"
#include "warmup/overflow.h"

namespace mta {

class OverflowUse {
 public:
  explicit OverflowUse(SchedulerState& state) : state_(state) {}

  warmup::OverflowAnswer ask(const Line&, const conf::Source& overflow);
  queue::LineKey where_it_waits(queue::LineKey);  // for new mail of that queue
  bool may_take(const Line&, Instant due);        // a recipient that is due since then, as its class says
  bool take_head(Line&, const queue::LineRow& head, Search&);
  bool lets_go(Line&, const queue::Recipient& head);
  std::optional<Instant> pool_opens(const queue::LineKey& home);

 private:
  const conf::Source* overflow_of(const Line&);
  std::string overflow_line(const Line&, const conf::Source& overflow) const;
  bool all_braked_for_long(const Line&);
  bool is_full(const Line&, std::uint64_t ahead);

  SchedulerState& state_;
};

}  // namespace mta
