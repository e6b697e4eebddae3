// mta/report/find.h — mail that waits or has ended: by who it is from and to, by its Message-ID, by its id.
//
// What      Pages over what waits by arrival, then over what has ended by the hour of its end.
// Units     Recipients; at most page_rows rows are read for a page.
// Promise   Reads what was written last, and changes nothing; from any thread. A cursor continues where the page ended.
// Errors    Rows that do not decode are stepped over.
// Source    mta/control/JSON.md "find"; conf/example.toml.
// Not here  JSON (mta/control/find_json.h).
#pragma once

#include <string>
#include <vector>

#include "mta/report/found.h"
#include "mta/report/queries.h"
#include "queue/store.h"

namespace mta {

struct FindPlace {
  std::string cursor;  // "" = the beginning
  std::size_t limit = 0;
  queue::Instant oldest{};  // nothing that ended before
};
FoundPage find_page(const queue::Store&, const FindFilter&, const FindPlace&);
std::vector<queue::Ended> ends_of(const queue::Store&, queue::MessageId, queue::Instant oldest);  // by number

}  // namespace mta
