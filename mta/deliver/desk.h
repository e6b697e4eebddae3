// mta/deliver/desk.h — the interface between scheduler and conversations: what one is given, and what it gives back.
//
// What      An Assignment is mail taken for one conversation, already durable; a Settlement is what became of it.
// Units     Recipients are counted one by one; instants are scheduling time.
// Promise   Every assignment is settled exactly once, or was open at a crash. Between take and settle no other conversation has the recipients.
// Errors    None: losing the line is a settlement too.
// Source    DESIGN.md §3 (steps 6–10), WARMUP.md §4, §8.
// Not here  the SMTP dialogue (mta/smtp), the bookkeeping (mta/scheduler).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "mta/deliver/verdict.h"
#include "mta/doors/world.h"
#include "mta/smtp/reply.h"
#include "queue/message.h"
#include "queue/queue.h"

namespace mta {

struct Addressee {
  std::uint32_t number = 0;
  queue::Recipient recipient;
};

struct Assignment {
  std::uint64_t conversation = 0;
  std::shared_ptr<const conf::Config> config;  // the one it began with
  const conf::Source* source = nullptr;        // inside config
  queue::QueueKey queue;
  std::shared_ptr<const queue::Message> message;
  std::vector<Addressee> addressees;  // one message, one site; ≥ 1
  Instant taken{};
  bool hurry = false;     // most places for conversations are taken: a server that is slow to greet must not keep others waiting
  Instant permit_ends{};  // the lane's day ends then, or its total's: ask again just before the message begins
};

// What one recipient heard; made by outcomes() (mta/deliver/outcomes.h).
struct Outcome {
  std::uint32_t number = 0;
  Verdict verdict = Verdict::temporary;
  smtp::Reply reply;                    // ours, with code, when the remote said nothing (4.4.1 …)
  std::optional<Duration> named_delay;  // of real time
  std::string mx;                       // name of the host that said it, "" when the reply is ours
  std::string host;                     // name of the host that was asked, whether it answered or not
  std::string remote;                   // "192.0.2.25:25"
  bool relayed_dsn = false;             // delivered to a server that offers DSN: success notices are its business now
  bool untried = false;                 // nothing was said to the remote about it: back into its queue at once, no attempt
  bool rerouted = false;                // its MX set is another one now: routed again, no attempt
  bool dot_sent = false;
  unsigned unanswered_dots = 0;             // how often the message was sent whole and no answer came that says what became of it
  Instant dot_at{};                         // when it was
  smtp::Stage stage = smtp::Stage::banner;  // at which the reply was heard
};

// The remote refused us as such, before any message: a rate limit or a block at the banner, EHLO or password.
struct SourceRefused {
  Verdict verdict = Verdict::rate_limited;
  smtp::Reply reply;
  std::string mx, remote;
};

struct Settlement {
  std::uint64_t conversation = 0;
  std::vector<Outcome> outcomes;  // one per addressee of the assignment
  std::optional<TlsFacts> tls;
  Duration took{0};
  Duration connecting{0};   // of it, until the message could begin: DNS, connection, EHLO, TLS
  bool wants_more = false;  // the connection is good for another message
  // The site as a whole: set when no MX could be talked to (site back-off), or when the remote asked for fewer connections.
  bool site_failed = false;
  bool site_gave_up = false;  // every server that was talked to ended the session: the site waits, these recipients were tried
  bool fewer_connections = false;  // connection_limit
  bool denied = false;             // a smarthost that does not relay for us; site_failed too
  bool no_source = false;          // the source's address is not on this host; site_failed too
  std::optional<SourceRefused> refused;
  std::string site_reason;   // "554 5.7.1 no service for you", or ours
  std::string site_said_by;  // name of the host that said it, "" when it is ours
};

class Desk {
 public:
  virtual ~Desk() = default;
  // Settles what was taken. With wants_more: the next assignment for the same source and site, or nothing after a short idle time (then
  // close). The outcome is durable, and the next assignment too, when it returns.
  virtual awaitable<std::optional<Assignment>> settle(Settlement) = 0;
  // The day of the permit has ended: may the message go in the new one? False: settle it untried (WARMUP.md §3).
  virtual awaitable<bool> renew(std::uint64_t conversation) = 0;
  // That many recipients of the message at hand may have it already: it left whole at that time, and no answer came. May another copy leave
  // at once? It counts in the lane's day like the first. False: settle what was heard.
  virtual awaitable<bool> another_copy(std::uint64_t conversation, std::size_t recipients, Instant left) = 0;
  // Body rows; `number` < message.chunks. Throws std::runtime_error when the row is not there.
  virtual awaitable<std::string> chunk(queue::MessageId, std::uint32_t number) = 0;
};

}  // namespace mta
