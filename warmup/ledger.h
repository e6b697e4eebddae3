// warmup/ledger.h — a lane's counts: reserved before, charged or refunded after.
//
// What      The bookkeeping of permits on one ledger; the same calls go to the lane and to its source's total.
// Units     Recipients, by class.
// Promise   Nothing becomes negative. A charge counts for the day in which the dot was sent.
// Errors    None.
// Source    warmup-rules §3 (carry over), §4.
// Not here  whether a permit is given (gate.h), what a verdict does to the lane (brake.h).
#pragma once

#include "warmup/lane.h"

namespace warmup {

void reserve(Lane&, std::string_view mail_class, Recipients);
void refund(Lane&, std::string_view mail_class, Recipients);                    // nothing was sent
void charge(Lane&, std::string_view mail_class, Recipients, Instant dot_sent);  // was reserved
void keep_slot(Lane&, std::string_view mail_class);                             // was reserved, is greylisted: its place stays
void use_slot(Lane&, std::string_view mail_class);                              // the place that was kept is used for the retry
void drop_slot(Lane&, std::string_view mail_class);                             // it ended elsewhere
void forget_open(Lane&);                                                        // after a restart: all that was open was charged

struct Heard {
  std::string_view verdict;
  std::string_view sender;          // for the evidence of bounces
  std::string_view counted_before;  // the verdict by which this recipient counts today already, "" = none
  bool attempt = true;              // counts against 3 × cap
};
void count(Lane&, const Heard&, Instant answered);

}  // namespace warmup
