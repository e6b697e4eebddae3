// mta/ctl/forecast_page.h — `warmupctl forecast`: when will what waits be gone?
//
// What      One sentence with the date, then day by day cap, sent and waiting, and what waits as a chart.
// Units     Recipients; all times UTC.
// Promise   Pure.
// Errors    None.
// Source    mta/control/JSON.md "forecast", WARMUP.md §10.
// Not here  forecasting (warmup/forecast.h), asking for it (forecast_verb.cpp).
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "mta/ctl/look.h"

namespace mta::ctl {

// {"now","provider","class","waiting","per_day","gone","days":[{"day","cap","sent","waiting"}],"exceeds_max_wait","cold_lanes_of"}
std::string draw_forecast(const boost::json::object& forecast, const Look&);

}  // namespace mta::ctl
