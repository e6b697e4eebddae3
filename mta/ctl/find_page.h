// mta/ctl/find_page.h — what became of mail, for people.
//
// What      `warmupctl find` as a table; one ended recipient as `warmupctl why` shows it.
// Units     Times against the daemon's clock, given in the JSON.
// Promise   Pure.
// Errors    None.
// Source    mta/control/JSON.md "find", "why".
// Not here  asking (find_verb.cpp), gates of what waits (why_page.h).
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "mta/ctl/figures.h"
#include "mta/ctl/look.h"

namespace mta::ctl {

// {"now","history":[…],"next_cursor"}; without heads it goes on beneath another page.
std::string draw_found(const boost::json::object& answer, const Look&, bool heads = true);
std::string draw_ended(const boost::json::object& recipient, WallTime now, const Look&);

}  // namespace mta::ctl
