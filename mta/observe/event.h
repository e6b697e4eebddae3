// mta/observe/event.h — what happened: one type for each kind of event.
//
// What      The fields of each event, and the line of JSON that says them.
// Units     Instants of scheduling time; durations in milliseconds; sizes in octets.
// Promise   encode() makes one line of valid JSON, whatever octets a text holds: what is not UTF-8 becomes U+FFFD. An empty text is left
//           out; an empty optional that an event always has (`stage`, `cap`, `tls` …) is null. Names are those of README.
// Errors    None.
// Source    README "See what it does"; RFC 8259.
// Not here  numbering and rows (events.h), lines of the log (mail_lines.h), who may tell what (mta/scheduler, mta/daemon/server.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mta/doors/world.h"
#include "queue/message.h"

namespace mta {

// What an event is about, as far as it is known.
struct EventSubject {
  std::string id, recipient_id, message_id, mail_class, sender, recipient, domain, provider, source, mx;
};
EventSubject subject_of(const queue::Message&);
EventSubject subject_of(const queue::Message&, std::uint32_t number, const queue::Recipient&);

struct SaidReply {  // by a server, or by us in its place
  std::string verdict;
  int code = 0;
  std::string enhanced, text;
};

struct TlsUsed {
  std::string version, cipher;
  bool verified = false;
};

struct AcceptedEvent {
  EventSubject subject;
  std::string client, user;
  std::uint64_t size = 0;
  std::uint32_t recipients = 0;
};

struct RefusedEvent {
  EventSubject subject;
  std::string client, user;
  std::string stage;
  SaidReply reply;
  std::uint64_t count = 0;  // of those that are told together since `since`; 0: this one alone
  Instant since{};
};

// What a recipient was answered: the part that `delivered`, `deferred` and `bounced` share.
struct AttemptReport {
  EventSubject subject;
  std::string remote;  // "192.0.2.25:25"
  SaidReply reply;
  std::optional<std::uint32_t> attempt;         // of this recipient, from 1
  Duration delay{0};                            // since it was accepted
  std::optional<Duration> connecting, sending;  // empty when no conversation was held
  std::optional<TlsUsed> tls;
  bool observed = false;
  std::string host = {};  // that was asked, for the log: `mx` names it only when it answered
};
struct DeliveredEvent {
  AttemptReport report;
};
struct DeferredEvent {
  AttemptReport report;
  std::optional<Instant> next;  // empty when there will be none
};
struct BouncedEvent {
  AttemptReport report;
  std::string by;  // an operator
};

struct ExpiredEvent {
  EventSubject subject;
  std::uint32_t attempts = 0;
  Duration delay{0};
  std::optional<SaidReply> last;
};

struct DroppedEvent {
  EventSubject subject;
  std::string by, reason;
  std::optional<Duration> delay;  // empty when the message could not be read
};

struct ClockEvent {  // what passed by each clock since the last look
  std::chrono::seconds wall{0}, boot{0};
};

struct LaneEvent {
  std::optional<std::string> source;  // empty: all that may carry it
  std::string provider, mail_class;
  std::string change, reason;
  std::optional<unsigned> stage;
  std::optional<std::uint64_t> cap;
  std::optional<double> growth;       // of a lane that learns
  std::vector<std::string> evidence;  // what was said
  bool alert = false, observed = false;
};

struct SenderEvent {  // of the ledger of a sender domain at a provider
  std::string domain, provider;
  std::string change, reason;
  std::optional<unsigned> stage;
  std::optional<std::uint64_t> cap;
  std::optional<double> growth;  // where its plan learns
  std::vector<std::string> evidence;
  bool alert = false, observed = false;
};

struct UnsignedEvent {
  EventSubject subject;
  std::string client, user, reason;
};
struct LintEvent {  // a header that RFC 5322 does not allow, or bulk mail without what providers ask for
  EventSubject subject;
  std::string client, user, reason;
};

struct DamagedEvent {
  std::string what;  // log, body, row
  EventSubject subject;
  std::optional<Instant> lost_since;
  std::optional<std::uint64_t> messages;
  std::string text;
};

using Event = std::variant<AcceptedEvent, RefusedEvent, DeliveredEvent, DeferredEvent, BouncedEvent, ExpiredEvent, DroppedEvent,
                           ClockEvent, LaneEvent, SenderEvent, UnsignedEvent, LintEvent, DamagedEvent>;

std::string_view type_of(const Event&);  // "accepted" …
std::string encode(const Event&, std::uint64_t seq, Instant time);

std::string valid_utf8(std::string_view);         // other octets become U+FFFD
std::string domain_of(std::string_view address);  // lower case, "" without @

}  // namespace mta
