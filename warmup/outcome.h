// warmup/outcome.h — what follows for one recipient from what was said of it.
//
// What      A pure function: its tries so far and the answer → done, tried again and when, waits for its lane, is blocked, expires, bounces.
// Units     Instants and durations of scheduling time; `luck` is uniform in [0, 1), asked for only by an interval with jitter of its own.
// Promise   The daemon and `simulate` ask the same function. What a lane is told costs the recipient neither an attempt nor lifetime.
// Errors    None.
// Source    warmup/WARMUP.md §8 (what follows), §9 (attempts and lifetime).
// Not here  what its permit becomes (ledger.h), what the lane does (brake.h), its From domain (withheld_sender.h), the site (queue/).
#pragma once

#include <functional>

#include "warmup/lane.h"
#include "warmup/retry.h"

namespace warmup {

// What is remembered of a recipient.
struct Tries {
  std::uint32_t attempts = 0;
  Duration backoff_used{0};                // lifetime
  Duration greylist_delay{0};              // the last one
  std::optional<Instant> bound_at{};       // a greylister bound it to its source then
  std::optional<Instant> blocked_since{};  // it was refused for good for our reputation, first then
  friend bool operator==(const Tries&, const Tries&) = default;
};

struct AnswerTo {
  Verdict verdict = Verdict::temporary;
  bool permanent = false;           // by a 5xx reply
  bool null_sender = false;         // a bounce: it lives shorter
  bool site_waits = false;          // its site could not be talked to, and is left alone for a time
  bool sent_unanswered = false;     // sent whole, then no answer came: it may have arrived
  std::optional<Duration> delay{};  // named by a greylister, within its bounds
  Duration withheld{0};             // mail of its From domain waits so long there; 0: it does not
};

enum class Follows : std::uint8_t {
  done,
  bounce,
  expire,
  retry,          // at `due`
  bound_retry,    // at `due`, by the same source to the same host
  wait_in_place,  // its lane brakes; another source may take it
  wait_blocked,   // by another source or the overflow at once; `due`: blocked since
  site_waits      // as it was, until its site answers
};

struct NextStep {
  Follows what = Follows::done;
  Instant due{};
};

// What is tried now was put off by a greylister, and its answer is of one attempt with that (§4: 3 × cap attempts a day). `last`: what was
// said of it last.
inline bool is_greylist_retry(const Tries& tries, std::optional<Verdict> last) {
  return tries.greylist_delay > Duration(0) && last == Verdict::greylisted;
}

NextStep follow(Tries&, const AnswerTo&, const RetryOptions&, const std::function<double()>& luck, Instant now);

}  // namespace warmup
