// mta/report/queue_pages.h — pages of what waits, read from the store.
//
// What      Messages in order of arrival with those of their recipients that match, and why each does not go.
// Units     Messages; at most page_rows rows are read for a page.
// Promise   Reads what was written last, and changes nothing; from any thread.
// Errors    Rows that do not decode are stepped over.
// Source    mta/control/JSON.md "queue".
// Not here  mail that has ended (find.cpp).
#pragma once

#include <string>

#include "conf/config.h"
#include "mta/report/queries.h"
#include "queue/store.h"

namespace mta {

struct QueuePlace {
  std::string cursor;  // "" = the beginning
  std::size_t limit = 0;
  queue::Instant now{};
};
QueuePage read_page(const conf::Config&, const queue::Store&, const QueueFilter&, const QueuePlace&);

}  // namespace mta
