// mta/submit/parts.h — what accepting mail needs from the rest of the daemon.
//
// What      The doors to spool, signer, configuration and event log, as values handed over once.
// Units     –
// Promise   `current` is asked once a connection: a conversation ends with what it began with. All functions may be called from any thread.
// Errors    None.
// Source    DESIGN.md §3, README "See what it does" (`refused`).
// Not here  what is done with them (server_session.h).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "conf/config.h"
#include "mta/doors/spool.h"
#include "mta/doors/tasks.h"
#include "mta/doors/world.h"
#include "mta/smtp/reply.h"

namespace dkim {
class Signer;
}

namespace mta {

struct Snapshot {
  std::shared_ptr<const conf::Config> config;   // never null
  std::shared_ptr<const dkim::Signer> signer;   // null: nothing is signed
  std::shared_ptr<const TlsIdentity> identity;  // null: no certificate, no TLS
};

// A reply of 4xx or 5xx, as a value.
struct RefusedMail {
  int code = 550;
  std::string enhanced;
  std::string text;
  bool came_back = false;  // we took this message before: somebody routes our mail to us
};

// opens: as Spool says it.
inline RefusedMail line_is_full(const std::string& opens) {
  return {451, "4.7.1", "the queue to this provider is full; " + opens};
}

struct Refused {  // the event; said to MAIL or after it
  RefusedMail refusal;
  smtp::Stage stage = smtp::Stage::mail;
  std::string client, user, sender;
  std::string recipient;    // at rcpt
  std::uint64_t count = 0;  // refusals that this stands for, counted since `since`; 0: it is one, and was not counted
  Instant since{};
};

// Mail that was taken although something is missing in it: the first of its From domain in an hour, or in a day.
struct Marked {
  std::string domain;  // of From; empty when it names none
  std::string reason;  // what is missing
  std::string client, user, sender, message_id, mail_class;
  queue::MessageId id;
};

struct SubmitParts {
  World world;
  Tasks& tasks;
  Spool& spool;
  std::function<Snapshot()> current;
  std::function<void(const Refused&)> refused = [](const Refused&) {};
  std::function<void(const Marked&)> unsigned_mail = [](const Marked&) {};  // no key of ours signs it
  std::function<void(const Marked&)> lacking_bulk = [](const Marked&) {};   // bulk mail without what providers ask for
  std::function<void(const Marked&)> faulty_header = [](const Marked&) {};  // RFC 5322 §3.6 is not kept

  // The time of day for Date, Received and DKIM t=; it is not scaled in a rehearsal.
  std::chrono::sys_seconds wall_now() const { return std::chrono::floor<std::chrono::seconds>(world.calendar.wall()); }
};

}  // namespace mta
