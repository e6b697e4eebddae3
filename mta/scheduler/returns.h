// mta/scheduler/returns.h — decided mail on its way to the bounce writers.
//
// What      Groups what is to be reported by message, gives it to the writer that asks next, and ends its wait when the report is accepted.
// Units     Recipients, at most 100 a report.
// Promise   A recipient is reported once: its wait ends in the transaction that accepts the report.
// Errors    A report that could not be written is tried again some seconds later.
// Source    DESIGN.md §3 (step 11b).
// Not here  which reports are wanted (mail_table.cpp), the DSN (mta/bounce).
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "mta/scheduler/scheduler_state.h"

namespace mta {

class Returns {
 public:
  explicit Returns(SchedulerState& state) : state_(state) {}
  void ask(PendingReply<std::optional<Returning>>);
  void keep(const Returning&);  // its DSN could not be written now
  void run(Queue&);
  void settle(const std::vector<Incoming::Settled>&);  // their DSN is in the current batch
  void stop();
  void abandon() { callers_.clear(); }

 private:
  SchedulerState& state_;
  std::deque<PendingReply<std::optional<Returning>>> callers_;
  Instant from_{};  // not before
};

}  // namespace mta
