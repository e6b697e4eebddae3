// warmup/brake.h — what a refusal does to a lane within the day.
//
// What      Cooling after a rate limit, pausing after a reputation block, probes, and the way back.
// Units     Recipients; instants of scheduling time.
// Promise   Cooling as the lane's provider has it (RateRecovery): 5 minutes doubling to 4 hours unless told otherwise. Pausing 4 hours doubling
//           to 24, 24 at once on a list that somebody has to ask. Replies of conversations begun before a brake do not deepen it. After a
//           probe that went well 1 connection for 10 recipients without a rate limit, then 2, then 4, or one more each time, then no limit.
//           The interval halves for each hour that the lane has gone on since without a refusal, and is never below the first; after
//           24 hours without a refusal it starts anew. A provider that refuses a third of all mail is so taken more seriously each time.
// Errors    None.
// Source    WARMUP.md §8.
// Not here  what a verdict means (verdict.h), what the day's end makes of it (advance.h).
#pragma once

#include "warmup/lane.h"

namespace warmup {

struct Refusal {
  Evidence evidence;
  Instant began{};              // of the conversation: its permit
  std::string message;          // id
  std::string sender, content;  // content: whatever tells one mail from another (Message-ID, size)
  bool at_once = false;         // at banner, EHLO or MAIL: it speaks about us
  bool probe = false;
};

Changes rate_limited(Lane&, const RateRecovery&, const Refusal&, Instant now);
Changes blocked(Lane&, const Refusal&, Instant now);  // reputation_block: suspected first, confirmed pauses
Changes listed(Lane&, const Refusal&, Instant now);   // delisting: one probe a day until the list has let us go
Changes denied(Lane&, const Refusal&, Instant now);   // a smarthost takes no mail of ours (535, 530, relaying denied): no health

void probe_leaves(Lane&);
void probe_unanswered(Lane&, Instant now);  // the connection failed: another one in a minute
Changes went_well(Lane&, const RateRecovery&, Recipients, bool probe, Instant now);  // answered without a rate limit or block

void count_braked(Lane&, Instant upto);  // into the day's `braked`: what was spent under a brake that had not run out
void release_brake(Lane&, Instant now);
Changes bounces_within_the_day(Lane&, const Rules&, Instant now);  // hold_bounces exceeded: only reserved classes go on

// What an answer does to the lane, all of the above. `answered`: it was heard at MAIL or later, from so many recipients.
Changes react(Lane&, const Rules&, Verdict, const Refusal&, Recipients answered, Instant now);

}  // namespace warmup
