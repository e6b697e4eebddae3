// mta/daemon/unsigned_book.h — mail that went out without a signature of ours, over restarts.
//
// What      The rows of UnsignedDomains of this run together with those that earlier runs left in the store: one row a From domain.
// Units     Messages; the time of day.
// Promise   At most `UnsignedDomains::most` domains and one row for all others, each until a day after its last message. A domain that is
//           new is in the store with its event; how many messages it has is written once an hour and at the end, and a crash may lose
//           what was counted since.
// Errors    A row that is none is not read.
// Source    conf/example.toml ([dkim] unsigned).
// Not here  what is counted (mta/submit/unsigned_domains.h), when it is said (server.cpp).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mta/submit/unsigned_domains.h"
#include "queue/store.h"

namespace mta {

class UnsignedBook {
 public:
  using Row = UnsignedDomains::Row;

  explicit UnsignedBook(const queue::Store&);
  std::vector<Row> rows(const std::vector<Row>& of_this_run, Instant now) const;  // of the last day, by domain
  void put(const std::vector<Row>&, queue::Batch&);                               // what rows() gave, and nothing else

 private:
  const std::map<std::string, Row> earlier_;   // of other runs
  std::map<std::string, std::string> stored_;  // as they are in the store, by key; of the scheduler thread
};

// What helps against it, for people.
std::string unsigned_cure(const std::string& from_domain);

}  // namespace mta
