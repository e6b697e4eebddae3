// queue/queue.h — where a recipient waits, as keys.
//
// What      A queue is the waiting mail of one (pool, provider, class) for one site (the set of best MX hosts), pinned to one
//           source when greylisted. `unrouted` queues hold new mail by domain until the router knows provider and site;
//           `returning` queues hold recipients whose DSN is still to be written, one queue for all. `blocked` queues hold those of
//           a routed queue that were refused for good because of our address, ordered by when: for a day another one may take them.
//           `damaged` is one queue for all that cannot be read and waits for an operator.
//           `exempt` queues hold recipients at domains of our own, which no ledger counts: they wait for no cap.
// Units     Instants inside keys are big-endian, so keys sort by time.
// Promise   Keys of one queue are contiguous and ordered by (due, message, recipient).
// Errors    decode returns nothing for what is no key.
// Source    DESIGN.md §1, §4.2.
// Not here  reading and writing rows (mta/scheduler), counting (queue family).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "queue/types.h"

namespace queue {

enum class QueueKind : char { routed = 'r', blocked = 'b', exempt = 'e', unrouted = 'u', returning = 'x', damaged = 'd' };

struct QueueKey {
  QueueKind kind = QueueKind::routed;
  std::string pool;
  std::string provider;  // routed: "google", "other:example.org", "*"; unrouted: the recipient's domain
  std::string mail_class;
  std::string site;      // routed: hosts of the best preference joined with ',' and sorted; smarthost: "*"
  std::string bound_to;  // source name, "" = any source of the pool
  bool knows_site() const { return kind != QueueKind::unrouted && kind != QueueKind::returning; }
  std::string encode() const;  // no NUL inside fields
  static std::optional<QueueKey> decode(std::string_view);
  friend auto operator<=>(const QueueKey&, const QueueKey&) = default;
};

struct QueueRow {  // one waiting recipient
  Instant due{};
  RecipientId recipient;
  friend auto operator<=>(const QueueRow&, const QueueRow&) = default;
};
std::string queue_row_key(std::string_view queue, const QueueRow&);  // queue|due|message|recipient
std::string queue_row_end(std::string_view queue);                   // first key after the queue's last row
std::optional<QueueRow> decode_queue_row(std::string_view queue, std::string_view key);

std::string wake_key(Instant, std::string_view queue);  // instant|queue
struct Wake {
  Instant at;
  std::string queue;
};
std::optional<Wake> decode_wake(std::string_view key);

// What is known of a queue beside its rows (family queues). It is there while the queue has rows, with a wake row at `wake`.
inline constexpr Instant nobody_knows = Instant::max();  // somebody must open it
struct QueueRecord {
  std::uint64_t waiting = 0;  // rows
  Instant wake{};
  Duration backoff{0};     // site back-off interval in force, 0 = none
  Instant closed_until{};  // site back-off: nothing but one probe before this
  Instant closed_since{};  // the first failure of the back-off in force
  Instant low_water{};     // no row of the queue is due before this: where scans begin
  std::string reason;      // why it is closed, for people; of a site, the reply that closed it
  std::string said_by;     // name of the host that said it, "" when the words are ours
  Instant
      opens{};  // when mail of it may go, as the lanes said when it fell asleep; then it looks again at `wake`, which may be sooner
  friend bool operator==(const QueueRecord&, const QueueRecord&) = default;
};
std::string encode(const QueueRecord&);
std::optional<QueueRecord> decode_queue_record(std::string_view);

}  // namespace queue
