// mta/report/queries.h — what operators ask of the queue, and what they get.
//
// What      Values of `status`, `queue`, `queue show`, `queue retry|drop|bounce` and `why`.
// Units     Recipients and messages; instants are scheduling time.
// Promise   Pages read at most page_rows rows and may hold fewer than asked for; a cursor continues where the page ended.
// Errors    –
// Source    README "See what it does"; mta/control/JSON.md.
// Not here  JSON and HTTP (mta/control).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "queue/history.h"
#include "queue/message.h"
#include "queue/queue.h"
#include "queue/verify.h"
#include "warmup/forecast.h"
#include "warmup/lane.h"
#include "warmup/total.h"

namespace mta {

inline constexpr std::size_t page_rows = 10'000;

struct QueueReport {  // one (pool, provider, class), over its sites and bound sources
  std::string pool, provider, mail_class;
  std::uint64_t waiting = 0;
  queue::Instant oldest{};             // earliest due time known of it
  std::optional<queue::Instant> next;  // when the first of it may go; empty: now; queue::nobody_knows
  std::optional<queue::Instant> eta;   // when the last of it goes, by forecast; empty: no plan limits it
  std::string reason;                  // why it does not go, "" when it does
  std::uint64_t by_pool = 0;           // of `waiting`, by the pool's own sources: not in the overflow
};

struct LaneReport {
  std::string source, provider;  // with `overall` the key of a source's total
  bool overall = false, enforced = false;
  std::string shown_provider() const { return overall ? std::string(warmup::total_name(provider)) : provider; }
  std::string plan;  // "" = none
  unsigned connections = 0;
  warmup::Lane record;
  std::optional<double> growth{};              // of a lane that learns
  std::optional<queue::Instant> next_permit;   // for the class that may go first
  std::string held_by;                         // the gate that is shut until then, "" = none
  std::uint64_t waiting = 0;                   // recipients that may use it; `status` only, as the next
  std::optional<queue::Instant> eta;           // when the last of them goes, by forecast
  std::optional<queue::Instant> bulk_since{};  // of a sender's ledger: since then the domain is a bulk sender there
};

struct WithheldReport {  // mail from a domain waits at a provider, which refuses it for what it lacks
  std::string from_domain, provider, verdict;
  queue::Instant until{};
  std::set<std::pair<std::string, std::string>> queues;  // pool and class
};

struct ForecastRequest {
  std::string pool = "default", provider, source, mail_class = "bulk";
  std::optional<std::uint64_t> backlog;  // instead of what waits
  std::uint64_t waiting = 0, per_day = 0;
  unsigned days = 60;
  std::map<std::string, std::uint64_t> unlisted{};  // what waits for each unlisted site, when it is one: they share a total
};
struct ForecastReport {
  queue::Instant now{};
  ForecastRequest request;
  warmup::Forecast forecast;
  queue::Duration max_wait{0};
  std::vector<WithheldReport> withheld;  // of what waits
};

struct QueueForecast {  // for acceptance
  queue::Instant made{};
  std::uint64_t ahead = 0;  // recipients that waited then
  std::optional<queue::Instant> eta;
  bool full = false;
};

struct LaneCommandReport {
  bool known = false;   // the source exists
  std::string refused;  // why it was not done, "" = done
  warmup::Changes changes;
};

struct DamageReport {  // what cannot be read, or is gone
  std::string what;    // "log", "body"
  std::optional<queue::Instant> lost_since;
  std::optional<std::uint64_t> messages;  // empty when that is not known
  std::string text;
};

struct StatusReport {
  queue::Instant now{};
  std::uint64_t messages = 0, recipients = 0, unrouted = 0, returning = 0;
  std::optional<queue::Instant> oldest;  // arrival of the oldest message
  bool accepting = true;
  std::string not_accepting;  // why
  std::vector<DamageReport> damaged;
  std::vector<QueueReport> queues;  // by waiting, most first
  std::vector<LaneReport> lanes;
  std::vector<LaneReport> senders;  // the busiest of today
  std::vector<WithheldReport> withheld;
  std::map<std::string, std::uint64_t> unlisted;  // what waits for each unlisted site, as far as it was read
  bool more_queues = false;                       // there are more than were read
};

struct SendersReport {
  queue::Instant now{};
  std::vector<LaneReport> senders;
};

struct QueueFilter {  // all given conditions must hold; an empty filter matches everything
  std::string provider, domain, mail_class, sender, recipient, id;
  bool empty() const {
    return provider.empty() && domain.empty() && mail_class.empty() && sender.empty() && recipient.empty() && id.empty();
  }
};

struct RecipientReport {
  queue::RecipientId id;
  queue::Recipient recipient;
  queue::QueueKey queue;
  bool in_conversation = false;
  std::string closed_why;  // why its site is closed, or its domain has no route yet; "" = open
  std::optional<queue::Instant> closed_until;
  std::string held_why;  // it is due, and waits for a permit: which; "" = it does not
  std::optional<queue::Instant> held_until;
};

struct MessageReport {
  queue::Message message;
  std::vector<RecipientReport> recipients;
};

struct QueuePage {
  std::vector<MessageReport> messages;  // only the recipients that match
  std::string cursor;                   // "" = the end
};

struct FindFilter {                           // of mail that waits or has ended; all given conditions must hold
  std::string recipient, sender, message_id;  // without case; a recipient "@example.com" is all of that domain
  std::optional<queue::Instant> since;        // arrived or ended then or later
};

struct FoundRecipient {
  queue::Ended what;  // `end` and `ended` mean nothing while it waits
  bool waiting = false;
  queue::Instant next_try{};  // while it waits
};
struct FoundPage {
  std::vector<FoundRecipient> found;  // what waits by arrival, then what has ended by the hour of its end
  std::string cursor;                 // "" = the end
};

bool is_find_cursor(const std::string&);  // "" too

enum class QueueAction { retry, drop, bounce };
struct StillWithheld {  // recipients that a retry does not move: their From domain waits
  std::uint64_t recipients = 0;
  std::string verdict, lacks;  // why it was refused; what is to be seen to: "SPF, DKIM and DMARC records"
  queue::Instant until{};
};
struct QueueActionReport {
  std::uint64_t recipients = 0;       // done
  std::uint64_t in_conversation = 0;  // done when their conversation settles, unless delivered
  std::string cursor;                 // not "": more match; ask again
  std::map<std::pair<std::string, std::string>, StillWithheld> withheld = {};  // of a retry, by From domain and provider
};

struct GateRequest {  // one recipient, on its way to the lanes of its queue
  queue::QueueKey queue;
  std::string place, from_domain;
  queue::Instant due{};
};

// Why a message does not go (or that it may): one row a gate, in the order they are passed. Words are those of mta/control/JSON.md.
struct Gate {
  std::string gate = {};  // "lifetime", "pace", …
  std::string source = {},
              provider = {};  // of a lane's gate; provider "(others)", "(all)": a total of the source; "" for the recipient's own
  std::string state = {};     // a word; "" when numbers say all
  std::optional<std::uint64_t> value = {}, limit = {};  // in `unit`; empty when nothing is counted
  std::string unit = {};                                // "seconds", "recipients", "attempts", "connections"
  std::string text = {}, limit_text = {};               // for people: what numbers and words do not say
  bool open = true;
  std::optional<queue::Instant> next = {};  // when it opens; empty when it is open or only somebody else can tell
};

}  // namespace mta
