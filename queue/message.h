// queue/message.h — what is kept of a message and of each of its recipients.
//
// What      The two rows of the store that describe mail, and their binary form.
// Units     Sizes in octets; instants UTC milliseconds; durations milliseconds.
// Promise   decode(encode(x)) == x; decode of anything else than an encoding returns nothing, never reads outside its input.
// Errors    A row that does not decode is corruption: the caller says which key.
// Source    RFC 3461 (NOTIFY, RET, ENVID, ORCPT), RFC 6531.
// Not here  bodies (store.h, family body), which queue a recipient waits in (queue.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "queue/types.h"

namespace queue {

enum class Return : std::uint8_t { unset, full, headers };  // RFC 3461 §4.3

// RFC 3461 §4.1, as bits; 0 = not given (the default: failure, and delay as the site likes).
namespace notify {
inline constexpr std::uint8_t unset = 0, never = 1, success = 2, failure = 4, delay = 8;
}

struct Message {
  MessageId id;
  Instant accepted{};
  std::string sender;        // without <>; "" = null sender
  std::uint64_t size = 0;    // octets of the body chunks together (what a next hop sees without `prefix`)
  std::uint32_t chunks = 0;  // body rows id|0 … id|chunks-1
  std::string prefix;        // DKIM-Signature fields, each ended by CRLF; sent before the chunks
  Instant signed_at{};
  std::string signed_with;  // "domain/selector,domain/selector" as signed, "" = unsigned
  bool eight_bit = false;   // has octets above 127
  bool smtputf8 = false;
  Return ret = Return::unset;
  std::string envid;       // xtext as received
  std::string mail_class;  // "transactional", "bulk", …
  std::string pool;
  std::string client;            // address of the submitting client
  std::string user;              // authenticated user, "" without AUTH
  std::string from_domain;       // of the From header, lower case
  std::string message_id;        // of the Message-ID header, with <>
  std::uint32_t recipients = 0;  // how many the envelope had
  friend bool operator==(const Message&, const Message&) = default;
};

// What the remote side said last, kept for `queue show` and for the bounce.
struct LastReply {
  std::string verdict;  // name of mta::Verdict
  std::uint16_t code = 0;
  std::string enhanced;  // "5.1.1" or ""
  std::string text;
  std::string mx;  // host name of the server that said it, "" when we did
  std::string source;
  Instant at{};
  friend bool operator==(const LastReply&, const LastReply&) = default;
};

// A source by which a recipient met a rate limit, and when last: it counts as rate limited there for the rest of that day.
struct RateLimited {
  std::string source;
  Instant at{};
  friend bool operator==(const RateLimited&, const RateLimited&) = default;
};

// What a recipient is waiting for. `returning`: its fate is decided, a DSN is still to be written (mta/bounce).
enum class Fate : std::uint8_t { waiting, failed, relayed, delivered, expired };

struct Recipient {
  std::string address;  // as given at RCPT, domain included
  std::string orcpt;    // "rfc822;user@example.org" as received (xtext), "" when not given
  std::uint8_t notify = notify::unset;
  std::uint32_t attempts = 0;
  Duration backoff_used{0};    // sum of the back-off intervals scheduled so far (lifetime used, WARMUP.md §9)
  Duration greylist_delay{0};  // last interval of greylisting, 0 = none yet
  std::string bound_source;    // greylisted: the source and host that must try again, "" = free
  std::string bound_mx;
  std::string place;  // key of the lane that keeps a place for it today (greylisted), "" = none
  Instant bound_at{};
  bool warned = false;  // the delay notice went out
  Fate fate = Fate::waiting;
  std::string queue;  // encoded QueueKey it waits in
  Instant due{};      // its place in the queue
  LastReply last;
  std::uint32_t unanswered = 0;      // how often it was sent whole and no answer came: copies that may have arrived
  std::vector<RateLimited> limited;  // one a source, of the last days; mostly empty
  friend bool operator==(const Recipient&, const Recipient&) = default;
};

void note_rate_limit(Recipient&, const std::string& source, Instant now);
bool was_rate_limited(const Recipient&, const std::string& source, Instant since);

std::string encode(const Message&);
std::string encode(const Recipient&);
std::optional<Message> decode_message(MessageId, std::string_view);
std::optional<Recipient> decode_recipient(std::string_view);

}  // namespace queue
