#include "warmup/presets.h"

#include <cmath>

namespace warmup {

namespace {

const std::vector<std::uint64_t> sendgrid_hourly{
    20,     28,     39,     55,     77,     108,     151,     211,     295,     413,     579,     810,      1000,     1587,
    2222,   3111,   4356,   6098,   8583,   11953,   16734,   23427,   32798,   45917,   64284,   89998,    125997,   176395,
    246953, 345735, 484029, 677640, 948696, 1328175, 1859444, 2603222, 3644511, 5102316, 7143242, 10000539, 14000754, 19601056};

const std::vector<std::uint64_t> sparkpost{200,     500,     1000,    2000,    5000,    10000,   20000,   40000,
                                           50000,   75000,   100000,  150000,  200000,  250000,  325000,  400000,
                                           500000,  600000,  750000,  1000000, 1250000, 1750000, 2000000, 3000000,
                                           4250000, 5000000, 6000000, 7500000, 10000000};

}  // namespace

std::vector<std::uint64_t> preset_caps(std::string_view name) {
  std::vector<std::uint64_t> caps;
  if (name == "sparkpost") return sparkpost;
  if (name == "sendgrid") {
    for (const auto hourly : sendgrid_hourly) caps.push_back(24 * hourly);
  }
  if (name == "ses") {  // only the ends are published: a geometric curve between them
    for (int stage = 0; stage <= 44; ++stage)
      caps.push_back(static_cast<std::uint64_t>(50 * std::pow(1000.0, stage / 44.0) + 1e-9));
  }
  return caps;
}

}  // namespace warmup
