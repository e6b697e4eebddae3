// mta/ctl/status_head.h — the first lines of `warmupctl status`: is it well?
//
// What      Host, time, whether mail is accepted or why not, rehearsal, what waits, what today brought over all lanes.
// Units     Counts are recipients unless they say messages.
// Promise   Pure. What is zero and would only be noise is left out.
// Errors    None.
// Source    mta/control/JSON.md "status".
// Not here  lanes and queues (status_page.h).
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "mta/ctl/look.h"

namespace mta::ctl {

// What today brought is left out when `lanes` of the status are not all of them.
std::string draw_head(const boost::json::object& status, bool all_lanes, const Look&);

}  // namespace mta::ctl
