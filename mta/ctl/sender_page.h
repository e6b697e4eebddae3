// mta/ctl/sender_page.h — the ledgers of sender domains, for people.
//
// What      One row a domain and provider; in full its day, its days before and what was changed, as of a lane.
// Units     Counts are recipients. All times UTC.
// Promise   Pure. What a remote said is printable.
// Errors    None.
// Source    mta/control/JSON.md "senders", "sender history".
// Not here  one lane in full (lane_page.h), asking (sender_verbs.cpp).
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "mta/ctl/look.h"

namespace mta::ctl {

std::string draw_senders(const boost::json::object& answer, const Look&);         // {"now","senders":[…]}
std::string draw_sender_history(const boost::json::object& answer, const Look&);  // each with "changes"

}  // namespace mta::ctl
