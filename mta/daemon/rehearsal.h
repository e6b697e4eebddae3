// mta/daemon/rehearsal.h — is this spool a rehearsal's, and how fast does its time run?
//
// What      Epoch and scale of scheduling time, kept in the spool from its first start on.
// Units     The epoch is real time; scheduled = epoch + scale × (real − epoch).
// Promise   A spool that was rehearsed with one scale runs with no other and not in production, nor the reverse: lanes would take for
//           earned what a sink accepted. Only a spool that was never used becomes a rehearsal's.
// Errors    enter_rehearsal throws conf::ConfigError.
// Source    WARMUP.md §9, conf/example.toml ([rehearsal]).
// Not here  the clock itself (mta/real/clock.h), where mail goes (mta/deliver/candidates.h).
#pragma once

#include <optional>
#include <string>

#include "conf/config.h"
#include "mta/doors/world.h"
#include "queue/store.h"

namespace mta {

struct Rehearsal {
  Instant epoch{};
  double scale = 1;
};

bool is_rehearsal(const conf::Config&);

// The rehearsal that the spool belongs to; empty for production and for a spool that was never used. Throws conf::ConfigError when the
// configuration is not for this spool.
std::optional<Rehearsal> rehearsal_of(const queue::Store&, const conf::Config&);

// What the spool is and what the configuration wants it to be; written down at the first start, `wall` being the epoch then.
// Nothing: production.
std::optional<Rehearsal> enter_rehearsal(queue::Store&, const conf::Config&, Instant wall);

std::string rehearsal_banner(const conf::Config&);  // for the log and the operator; REQUIRES: is_rehearsal

}  // namespace mta
