// mta/simulate/mail.h — mail in cohorts, and the lines it waits in.
//
// What      A cohort is recipients with the same history; a line holds those of one (pool, provider, class), in order of due, and with a
//           bound_to those of one source only (greylisted there, or in the overflow).
// Units     Recipients.
// Promise   Cohorts of one line differ in due or came one after the other; the head is the one that waits longest.
// Errors    None.
// Source    DESIGN.md §1 (line), WARMUP.md §6, §9.
// Not here  whether a head may go (serve.cpp).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mta/simulate/lanes.h"

namespace mta::simulate {

struct Cohort {
  Instant born{}, due{};
  std::uint64_t number = 0;  // its place among those due at the same instant
  Recipients count = 0;
  unsigned attempts = 0;
  Duration backoff_used{0}, greylist_delay{0};
  std::optional<Instant> greylisted_at;
  Instant bound_at{};
  bool has_place = false;       // its place in the pinned lane is kept
  const Lane* heard = nullptr;  // where it was answered last, when and how
  Instant heard_at{};
  std::optional<warmup::Verdict> verdict;  // by which health counts it that day
  bool blocked = false;                    // refused for good for our reputation, first when it was due
};

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

  std::map<std::pair<Instant, std::uint64_t>, Cohort> mail;
  Recipients waiting = 0;
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
