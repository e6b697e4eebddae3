// mta/ctl/queue_page.h — `warmupctl queue` and `queue show`: waiting mail, for people.
//
// What      A page of messages as one row a recipient; one message with everything known about it.
// Units     Ages and times against the daemon's clock, given in the JSON.
// Promise   Pure. Replies of remote servers come out printable.
// Errors    None.
// Source    mta/control/JSON.md "queue", "message".
// Not here  asking page by page (queue_verbs.cpp), why a message waits (why_page.h).
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "mta/ctl/look.h"

namespace mta::ctl {

// {"now","messages":[…],"next_cursor"}; without heads it goes on beneath another page.
std::string draw_queue(const boost::json::object& queue, const Look&, bool heads = true);
std::string draw_message(const boost::json::object& message, const Look&);  // {"now","id",…,"recipients":[…]}

}  // namespace mta::ctl
