// mta/ctl/chart.h — a row of numbers as columns in the terminal.
//
// What      One column a number, the highest as high as the chart, with the scale at the left and names below the ends.
// Units     –
// Promise   No line is wider than the look's width: what does not fit is taken together, the highest of each group shown. Something is
//           never shown as nothing. Pure.
// Errors    None; "" without numbers.
// Source    –
// Not here  what the numbers are (season_page.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mta/ctl/look.h"

namespace mta::ctl {

struct Bars {
  std::string title;
  std::vector<std::uint64_t> values;
  std::string first, last;  // names of the ends
  Ink ink = Ink::notice;
};

std::string draw_chart(const Bars&, const Look&);

}  // namespace mta::ctl
