// mta/ctl/lane_table.h — lanes as rows: is each of them well, and if not, why?
//
// What      One row a lane, trouble first, then the busiest; beneath them one row a source's total over all providers.
// Units     Counts are recipients. All times UTC.
// Promise   Pure. What limits a lane beside its curve (surge guard, an operator, a plan that only watches) is said in words.
// Errors    None.
// Source    mta/control/JSON.md "status", WARMUP.md §2 (surge guard), §7 (what counts as deferred and bounced), §8 (states).
// Not here  one lane in full (lane_page.h), lines of waiting mail (status_page.h).
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

#include "mta/ctl/figures.h"
#include "mta/ctl/look.h"
#include "mta/ctl/table.h"

namespace mta::ctl {

std::string draw_lanes(const boost::json::array& lanes, WallTime now, bool all, const Look&);

bool is_total(const boost::json::object& lane);

struct DayShares {  // of the recipients answered today
  std::uint64_t answered = 0, deferred = 0, bounced = 0;
};
DayShares shares_of(const boost::json::object& today);

// Cells and words that other pages use too.
std::string counted(const boost::json::object& of, std::string_view name, const Look&);  // a dash when it does not apply
Cell next_cell(const boost::json::object& of, WallTime now, bool exact, const Look&);
std::string eta_text(const boost::json::object& of, WallTime now, const Look&);
std::string evidence_text(const boost::json::value&);
std::string why_of(const boost::json::object& lane_or_line);

}  // namespace mta::ctl
