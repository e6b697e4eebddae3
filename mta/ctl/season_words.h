// mta/ctl/season_words.h — what a season came to, in one paragraph of plain words.
//
// What      Does it work, what went out and what waits, how long people waited, what receivers said, where the lanes stand.
// Units     –
// Promise   Pure; every sentence follows from the report.
// Errors    None.
// Source    mta/control/JSON.md "simulate".
// Not here  tables and plots (season_page.h).
#pragma once

#include <string>

#include "mta/simulate/report.h"

namespace mta::ctl {

// Works: 95 % of what came has an end, delivered or bounced; collapses: a day's rush of which less than a tenth went out, or less than half
// in the end; falls behind: anything else.
enum class SeasonEnd { works, falls_behind, collapses };
SeasonEnd outcome_of(const simulate::SimulationReport&);
std::string_view word(SeasonEnd);  // for programs: "falls_behind"
std::string_view name(SeasonEnd);

std::string verdict(const simulate::SimulationReport&);

}  // namespace mta::ctl
