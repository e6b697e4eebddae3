// mta/report/found.h — a recipient that waits, as `find` and `why` show it.
//
// What      The facts of a waiting recipient in the form of one that has ended.
// Units     Instants are scheduling time.
// Promise   Pure.
// Errors    None.
// Source    mta/control/JSON.md "find", "why".
// Not here  reading the rows (find.cpp), JSON (mta/control/find_json.h).
#pragma once

#include "mta/report/queries.h"

namespace mta {

FoundRecipient found_of(const queue::Message&, const queue::RecipientId&, const queue::Recipient&);

}  // namespace mta
