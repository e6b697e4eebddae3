// mta/ctl/lane_page.h — one lane in full: its day, its evidence, how it came here, what was changed.
//
// What      Beneath a lane's row: today in words, answers by verdict, the remote's own words, its days as a plot; for `lane history` the
//           changes too, for the operator's hand what it did.
// Units     Counts are recipients. All times UTC.
// Promise   Pure. What a remote said is printable.
// Errors    None.
// Source    mta/control/JSON.md "lane", "lane history".
// Not here  the row itself (lane_table.h), one bar a day (history_plot.h).
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "mta/ctl/figures.h"
#include "mta/ctl/look.h"

namespace mta::ctl {

std::string draw_lane(const boost::json::object& lane, WallTime now, const Look&);
std::string draw_changes(const boost::json::array&, const Look&);
std::string draw_lane_history(const boost::json::object& answer, const Look&);  // {"now","lane":{…,"changes":[…]}}
std::string draw_lane_hand(const boost::json::object& answer, const Look&);     // {"source","provider","changes":[…],"lane"}

}  // namespace mta::ctl
