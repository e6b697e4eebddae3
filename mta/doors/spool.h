// mta/doors/spool.h — the front door of the queue, as submission and bounces see it.
//
// What      Hand over body chunks as they arrive, then make the message real in one step.
// Units     Chunks are 128 KiB but the last.
// Promise   accept() returns `kept` only after message, recipients and all chunks are on stable storage. A message that was not
//           accepted leaves nothing behind but chunks that are swept later.
// Errors    As values: no_space, shutting_down, queue_full.
// Source    DESIGN.md §3 (steps 1–3), §4.2.
// Not here  SMTP (mta/submit), scheduling (mta/scheduler/scheduler_thread.h implements this).
#pragma once

#include <string>
#include <vector>

#include "mta/doors/world.h"
#include "queue/message.h"

namespace mta {

inline constexpr std::size_t chunk_bytes = 128U << 10U;

struct Incoming {
  queue::Message message;                    // id from new_id(); chunks counts those kept plus `tail` when not empty
  std::vector<queue::Recipient> recipients;  // address, orcpt, notify are given; the scheduler fills in the rest
  std::string tail;                          // the last chunk, not handed over before; "" = all were
  // Set by the bounce writer: recipients of an older message whose DSN this is; they end in the same batch.
  struct Settled {
    queue::RecipientId recipient;
    bool ends;  // remove; else only mark as warned
  };
  std::vector<Settled> settles;
};

// queue_full: by `when_full = "tempfail"`, every recipient would wait longer than max_wait; `opens` says when it may be tried again.
enum class AcceptResult { kept, no_space, shutting_down, queue_full };
struct Acceptance {
  AcceptResult kept = AcceptResult::kept;
  std::string opens;  // "google opens about 2026-11-22T08:00Z" when the forecast is over an hour, else ""
};

// A recipient as it is known before the content comes.
struct Draft {
  std::string user, mail_class, recipient;
};

class Spool {
 public:
  virtual ~Spool() = default;
  virtual queue::MessageId new_id() = 0;                                                                // any thread
  virtual awaitable<AcceptResult> keep(queue::MessageId, std::uint32_t number, std::string chunk) = 0;  // written, not yet synced
  virtual awaitable<Acceptance> accept(Incoming) = 0;
  virtual void forget(queue::MessageId, std::uint32_t chunks) = 0;  // chunks kept of a message that ended
  // A chunk that was kept, or is a message's. Throws std::runtime_error when it is not there.
  virtual awaitable<std::string> chunk(queue::MessageId, std::uint32_t number) = 0;
  // "google opens about 2026-11-22T08:00Z" when by `when_full = "tempfail"` this recipient would be refused; "": no, or only DNS or the
  // From header can tell.
  virtual awaitable<std::string> wait_too_long(Draft) = 0;
  virtual bool accepting() const = 0;  // any thread; false: no space or shutting down, refuse at MAIL with 452 4.3.1
};

}  // namespace mta
