// mta/ctl/season_page.h — a season for people and for programs.
//
// What      A report as tables, plots and a paragraph; and as JSON.
// Units     Recipients.
// Promise   Pure. The seed is in both. Nothing that does not apply is left out of the JSON: it is null.
// Errors    None.
// Source    mta/control/JSON.md "simulate".
// Not here  playing it (mta/simulate), the words of the verdict (season_words.h).
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "mta/ctl/look.h"
#include "mta/simulate/report.h"

namespace mta::ctl {

std::string draw_season(const simulate::SimulationReport&, const Look&);
boost::json::object season_json(const simulate::SimulationReport&);

}  // namespace mta::ctl
