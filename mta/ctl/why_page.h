// mta/ctl/why_page.h — `warmupctl why`: every gate before a message, and which one is shut.
//
// What      A row a gate with its value and limit, those of a lane beneath it; above them one sentence that answers the question.
// Units     Times against the daemon's clock, given in the JSON.
// Promise   Pure.
// Errors    None.
// Source    mta/control/JSON.md "why".
// Not here  which gates there are (mta/control/json.h).
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "mta/ctl/look.h"

namespace mta::ctl {

std::string draw_why(const boost::json::object& answer, const Look&);  // {"id","now","recipients":[{"gates":[…]}]}

}  // namespace mta::ctl
