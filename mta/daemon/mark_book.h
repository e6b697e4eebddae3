// mta/daemon/mark_book.h — mail that was taken although something is missing in it, over restarts.
//
// What      The rows of one MarkedDomains (of unsigned mail, of bulk mail) of this run together with those that earlier runs left in the store: one row a From domain.
// Units     Messages; the time of day.
// Promise   At most `MarkedDomains::most` domains and one row for all others, each until a day after its last message. A domain that is
//           new is in the store with its event; how many messages it has is written once an hour and at the end, and a crash may lose
//           what was counted since.
// Errors    A row that is none is not read.
// Source    conf/example.toml ([dkim] unsigned, [submission] bulk_lint).
// Not here  what is counted (mta/submit/marked_domains.h), when it is said (server.cpp).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mta/submit/marked_domains.h"
#include "queue/store.h"

namespace mta {

class MarkBook {
 public:
  using Row = MarkedDomains::Row;

  MarkBook(const queue::Store&, const std::string& kind);  // kind: "unsigned", "lint"; names its rows in the store
  std::vector<Row> rows(const std::vector<Row>& of_this_run, Instant now) const;  // of the last day, by domain
  void put(const std::vector<Row>&, queue::Batch&);                               // what rows() gave, and nothing else

 private:
  const std::string prefix_;                   // of its keys in the store
  const std::map<std::string, Row> earlier_;   // of other runs
  std::map<std::string, std::string> stored_;  // as they are in the store, by key; of the scheduler thread
};

// What helps against unsigned mail, for people.
std::string unsigned_cure(const std::string& from_domain);

}  // namespace mta
