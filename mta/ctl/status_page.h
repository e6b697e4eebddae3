// mta/ctl/status_page.h — `warmupctl status`: what a tired operator reads in two seconds.
//
// What      The daemon's status as a page: a head, one row a lane (trouble first, then the busiest), one row a line of waiting mail;
//           one lane alone comes with its day, its evidence and its history as a plot.
// Units     Counts are recipients. All times UTC.
// Promise   Pure: the same JSON and look give the same page. What does not apply is a dash. Lanes follow a plan or none: both are drawn.
// Errors    None.
// Source    mta/control/JSON.md "status".
// Not here  asking the daemon (status_verb.cpp), rows of lanes (lane_table.h), one lane (lane_page.h), one number (figures.h).
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "mta/ctl/look.h"

namespace mta::ctl {

struct StatusRequest {
  std::string provider, source;  // "" = all
  bool all = false;              // every lane and queue, not only the most telling ones
};

// REQUIRES: the status of what is wished for.
std::string draw_status(const boost::json::object& status, const StatusRequest&, const Look&);

}  // namespace mta::ctl
