// mta/submit/marked_domains.h — whose mail was taken although something is missing in it.
//
// What      Remembers, by From domain, how many messages were taken with one kind of fault (nothing signs them; bulk mail without what providers
//           ask for), and says when that is worth a line and an event.
// Units     Messages; the time of day.
// Promise   Thread-safe. `note` answers true once a domain and `said_every`. At most `most` domains are remembered, each until a day after its
//           last message; further ones are counted under the empty name, and said together.
// Errors    None.
// Source    conf/example.toml ([dkim] unsigned, [submission] bulk_lint); README "See what it does" (`unsigned`, `lint`).
// Not here  what is kept over a restart (mta/daemon/mark_book.h), what is a fault and what is refused for it (incoming_message.h, bulk_lint.h).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "mta/doors/world.h"

namespace mta {

class MarkedDomains {
 public:
  static constexpr std::size_t most = 1000;
  struct Row {
    std::string domain;  // of From; empty when it names none, or for all domains beyond the number that is remembered
    std::string reason;  // of the last message
    std::uint64_t messages = 0;
    Instant since{}, last{};
  };

  explicit MarkedDomains(std::chrono::hours said_every) : said_every_(said_every) {}
  bool note(const std::string& domain, const std::string& reason, Instant now);
  std::vector<Row> rows(Instant now) const;  // of the last day, by domain

 private:
  struct Known {
    Row row;
    Instant said{};
  };
  const std::chrono::hours said_every_;
  mutable std::mutex mutex_;  // guards known_
  std::map<std::string, Known> known_;
};

// A key is for a domain; a From that names none that can be looked up has to be written anew.
bool may_have_key(const std::string& from_domain);

}  // namespace mta
