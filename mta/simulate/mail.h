// mta/simulate/mail.h — the lines that mail waits in.
//
// What      A line holds the mail of one (pool, provider, class), in order of due, or what is bound to one source (greylisted
//           there, or in the overflow).
// Units     Recipients.
// Promise   The head is what waits longest.
// Errors    None.
// Source    DESIGN.md §1 (queue), WARMUP.md §6, §9.
// Not here  whether a head may go (serve.cpp).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mta/simulate/cohorts.h"
#include "mta/simulate/lanes.h"

namespace mta::simulate {

struct Line {
  std::size_t index = 0;
  const conf::Pool* pool = nullptr;
  std::string provider;
  const warmup::ClassOptions* mail_class = nullptr;
  const conf::Source* bound_to = nullptr;
  bool overflow = false;  // pinned to the pool's overflow
  bool exempt = false;    // to a domain of our own: no ledger counts it
  bool blocked = false;   // of those refused for good for our reputation
  std::vector<Way> ways;  // lanes it may use, in the pool's order

  Cohorts mail;
  Instant asleep_until{};
  Instant closed_until{}, closed_since{};
  Duration backoff{0};  // the site does not answer
  Instant outlook_made{};
  bool full = false;  // by the outlook: waits longer than max_wait
  Line* overflow_queue = nullptr;
  Instant overflow_again{};  // it took nothing: asked again then
  std::map<const conf::Source*, Line*> pinned;
};

}  // namespace mta::simulate
