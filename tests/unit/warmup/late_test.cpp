// What would wait longer than its class allows: WARMUP.md §6 (max_wait), §10.
#include <gtest/gtest.h>

#include "warmup/forecast.h"

namespace warmup {
namespace {

using namespace std::chrono_literals;

constexpr Instant monday{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

// 100 a day for `days` days; nothing else is looked at.
Forecast hundred_a_day(unsigned days) {
  Forecast made;
  for (unsigned n = 0; n < days; ++n) made.days.push_back({"", monday + n * 24h, monday + (n + 1) * 24h, 100, 100, 0});
  return made;
}

TEST(Late, WhatIsAheadGoesFirst) {
  EXPECT_EQ(late(hundred_a_day(10), {"bulk", 500, 0, 10}, 48h, monday), 300U);
  EXPECT_EQ(late(hundred_a_day(10), {"bulk", 500, 0, 10}, 60h, monday), 250U);
  EXPECT_EQ(late(hundred_a_day(10), {"bulk", 500, 0, 10}, 5 * 24h, monday), 0U);
}

TEST(Late, TheFirstDayBeginsNow) { EXPECT_EQ(late(hundred_a_day(10), {"bulk", 150, 0, 10}, 12h, monday + 12h), 50U); }

TEST(Late, WhatComesLaterWaitsBehind) {
  // 150 come a day and 100 go: the tenth day's mail waits behind 450 others.
  EXPECT_EQ(late(hundred_a_day(10), {"bulk", 0, 100, 10}, 24h, monday), 0U);
  const auto found = late(hundred_a_day(10), {"bulk", 0, 150, 10}, 24h, monday);
  EXPECT_EQ(found, 50U + 100U + 8U * 150U);  // day one's last 50, day two's last 100, and all that come then
}

TEST(Late, NobodyIsCountedWhoseTimeIsNotUpWithinTheForecast) {
  EXPECT_EQ(late(hundred_a_day(2), {"bulk", 500, 0, 2}, 72h, monday), 0U);
}

TEST(Late, WithoutALaneEverybodyIs) { EXPECT_EQ(late({}, {"bulk", 500, 0, 10}, 48h, monday), 500U); }

}  // namespace
}  // namespace warmup
