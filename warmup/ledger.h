// warmup/ledger.h — a lane's counts: reserved before, charged or refunded after.
//
// What      The bookkeeping of permits on one ledger; the same calls go to the lane and to its source's total.
// Units     Recipients, by class.
// Promise   Nothing becomes negative. A charge counts for the day in which the dot was sent.
// Errors    None.
// Source    WARMUP.md §3 (carry over), §4.
// Not here  whether a permit is given (gate.h), what a verdict does to the lane (brake.h).
#pragma once

#include "warmup/lane.h"

namespace warmup {

void reserve(Lane&, std::string_view mail_class, Recipients);
void refund(Lane&, std::string_view mail_class, Recipients);                    // nothing was sent
void charge(Lane&, std::string_view mail_class, Recipients, Instant dot_sent);  // was reserved
void keep_place(Lane&, std::string_view mail_class);                            // was reserved, is greylisted: its place stays
void use_place(Lane&, std::string_view mail_class);                             // the place that was kept is used for the retry
void drop_place(Lane&, std::string_view mail_class);                            // it ended elsewhere
void forget_open(Lane&);                                                        // after a restart: all that was open was charged

struct Heard {
  Verdict verdict = Verdict::temporary;
  std::string_view sender = {};                // for the evidence of bounces
  std::optional<Verdict> counted_before = {};  // by which this recipient counts today already
  bool attempt = true;                         // counts against 3 × cap; a failed connection never does
  bool answered = true;                        // at MAIL or later: it speaks for the lane's health
  std::string_view text = {};                  // the reply, kept as evidence when it is a bad one
};
void count(Lane&, const Heard&, Instant answered);
void complained(Lane&, Recipients, Instant at);  // somebody called it spam

// What an answer does to the permit of its recipient (warmup/WARMUP.md §4).
enum class Permitted { charged, kept, refunded };  // kept: a greylisted recipient has its place until it ended
struct Answered {
  std::optional<Verdict> verdict;  // empty: nothing was said about it
  bool permanent = false;          // by a 5xx reply
  bool dot_sent = false;
  bool has_place = false;  // its place was kept before
};
Permitted permitted(const Answered&);

// The day in which that instant lies, as far as it is remembered; today for all others.
Day& day_of(Lane&, Instant at);

}  // namespace warmup
