// queue/line.h — where a recipient waits, as keys.
//
// What      A line is the waiting mail of one (pool, provider, class) for one site (the set of best MX hosts), pinned to one
//           source when greylisted. `unrouted` lines hold new mail by domain until the router knows provider and site;
//           `returning` lines hold recipients whose DSN is still to be written, one line for all. `blocked` lines hold those of
//           a routed line that were refused for good because of our address, ordered by when: for a day another one may take them.
//           `damaged` is one line for all that cannot be read and waits for an operator.
//           `exempt` lines hold recipients at domains of our own, which no ledger counts: they wait for no cap.
// Units     Instants inside keys are big-endian, so keys sort by time.
// Promise   Keys of one line are contiguous and ordered by (due, message, recipient).
// Errors    decode returns nothing for what is no key.
// Source    DESIGN.md §1, §4.2.
// Not here  reading and writing rows (mta/books), counting (lines family).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "queue/types.h"

namespace queue {

enum class LineKind : char { routed = 'r', blocked = 'b', exempt = 'e', unrouted = 'u', returning = 'x', damaged = 'd' };

struct LineKey {
  LineKind kind = LineKind::routed;
  std::string pool;
  std::string provider;  // routed: "google", "other:example.org", "*"; unrouted: the recipient's domain
  std::string mail_class;
  std::string site;  // routed: hosts of the best preference joined with ',' and sorted; smarthost: "*"
  std::string pin;   // source name, "" = any source of the pool
  bool knows_site() const { return kind != LineKind::unrouted && kind != LineKind::returning; }
  std::string encode() const;  // no NUL inside fields
  static std::optional<LineKey> decode(std::string_view);
  friend auto operator<=>(const LineKey&, const LineKey&) = default;
};

struct LineRow {  // one waiting recipient
  Instant due{};
  RecipientId recipient;
  friend auto operator<=>(const LineRow&, const LineRow&) = default;
};
std::string line_row_key(std::string_view line, const LineRow&);  // line|due|message|recipient
std::string line_row_end(std::string_view line);                  // first key after the line's last row
std::optional<LineRow> decode_line_row(std::string_view line, std::string_view key);

std::string wake_key(Instant, std::string_view line);  // instant|line
struct Wake {
  Instant at;
  std::string line;
};
std::optional<Wake> decode_wake(std::string_view key);

// What is known of a line beside its rows (family lines). It is there while the line has rows, with a wake row at `wake`.
inline constexpr Instant nobody_knows = Instant::max();  // somebody must open it
struct LineRecord {
  std::uint64_t waiting = 0;  // rows
  Instant wake{};
  Duration backoff{0};     // site back-off interval in force, 0 = none
  Instant closed_until{};  // site back-off: nothing but one probe before this
  Instant closed_since{};  // the first failure of the back-off in force
  Instant low_water{};     // no row of the line is due before this: where scans begin
  std::string reason;      // why it is closed, for people; of a site, the reply that closed it
  std::string said_by;     // name of the host that said it, "" when the words are ours
  Instant
      opens{};  // when mail of it may go, as the lanes said when it fell asleep; then it looks again at `wake`, which may be sooner
  friend bool operator==(const LineRecord&, const LineRecord&) = default;
};
std::string encode(const LineRecord&);
std::optional<LineRecord> decode_line_record(std::string_view);

}  // namespace queue
