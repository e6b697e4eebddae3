// mta/submit/message_id_tally.h — how many messages of today bear the same Message-ID.
//
// What      Counts Message-IDs of accepted bulk mail by the UTC day. Google limits many messages with one Message-ID (4.7.28).
// Units     Messages; scheduling time.
// Promise   Thread-safe. A count is never too high, so it raises no false alarm; beyond `most` different ids in a day it may be too low,
//           by at most the messages of the day divided by `most`. Holds a 64-bit hash and a number for each of at most `most` ids.
// Errors    None.
// Source    Misra and Gries, "Finding repeated elements" (1982), for the bound; conf/example.toml ([submission] bulk_lint).
// Not here  how many are too many (bulk_lint.h). Counts begin anew with the process.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>

#include "mta/doors/world.h"

namespace mta {

class MessageIdTally {
 public:
  static constexpr std::size_t most = 1U << 16U;

  std::uint32_t uses(std::string_view message_id, Instant now) const;  // of that day, before this message
  void note(std::string_view message_id, Instant now);  // REQUIRES: the message was accepted; an empty id is not counted

 private:
  mutable std::mutex mutex_;                     // guards what follows
  std::chrono::sys_days day_{};                  // of all counts
  std::map<std::uint64_t, std::uint32_t> seen_;  // by hash
};

}  // namespace mta
