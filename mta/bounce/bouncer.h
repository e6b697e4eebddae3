// mta/bounce/bouncer.h — takes what the scheduler has to report and hands the report back as new mail.
//
// What      A task: next group of recipients → DSN with the original's header section (or the whole, RET=FULL) → accept, in the same
//           batch that ends those recipients.
// Units     –
// Promise   A DSN and the end of what it reports are one batch: neither is there without the other. From <>, so none of a DSN.
// Errors    No space: the group goes back and is tried again.
// Source    RFC 3464, RFC 3461 §4.3 (RET), DESIGN.md §3 (11b).
// Not here  the text (dsn.h), who is told (mta/scheduler/mail_table.cpp).
#pragma once

#include <functional>

#include "dkim/signer.h"
#include "mta/scheduler/scheduler_thread.h"

namespace mta {

struct BouncerParts {
  World world;
  SchedulerThread& scheduler;
  std::function<std::shared_ptr<const conf::Config>()> config;
  std::function<std::shared_ptr<const dkim::Signer>()> signer;
};

awaitable<void> write_bounces(BouncerParts);  // until the scheduler shuts down

}  // namespace mta
