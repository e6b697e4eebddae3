// mta/ctl/history_plot.h — a lane's past days, one bar a day.
//
// What      `lanes[].history` as a plot: what was sent within the day's cap, on the scale of the highest day shown; and of a lane that
//           learns the growth with which each day began.
// Units     Recipients a day.
// Promise   Pure. "" without history, or without growth; the latest days when there are too many.
// Errors    None.
// Source    mta/control/JSON.md "lane history".
// Not here  which days (lane_page.h).
#pragma once

#include <boost/json/array.hpp>
#include <string>

#include "mta/ctl/look.h"

namespace mta::ctl {

std::string draw_history(const boost::json::array& days, const Look&);
std::string draw_growth(const boost::json::array& days, const Look&);

}  // namespace mta::ctl
