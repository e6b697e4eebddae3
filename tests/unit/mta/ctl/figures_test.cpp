// Numbers, durations, instants, bars.
#include "mta/ctl/figures.h"

#include <gtest/gtest.h>

namespace mta::ctl {
namespace {

using namespace std::chrono_literals;

const Look utf8{.utf8 = true, .colour = false, .width = 100};
const Look ascii{.utf8 = false, .colour = false, .width = 100};

WallTime at(const char* text) { return instant_of(text).value(); }

TEST(Figures, CountsAreGroupedByThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
}

TEST(Figures, AFactorHasTwoDigitsAndASign) {
  EXPECT_EQ(times(1.29, {.utf8 = true}), "×1.29");
  EXPECT_EQ(times(1.3, {.utf8 = false}), "x1.30");
}

TEST(Figures, SharesAreShortAndNeverRoundedToNothing) {
  EXPECT_EQ(share(0, 10), "0%");
  EXPECT_EQ(share(1, 45), "2.2%");
  EXPECT_EQ(share(12, 100), "12%");
  EXPECT_EQ(share(1, 100000), "<0.1%");
  EXPECT_EQ(share(10, 10), "100%");
}

TEST(Figures, DurationsHaveAtMostTwoUnits) {
  EXPECT_EQ(lasting(45s), "45s");
  EXPECT_EQ(lasting(12min + 30s), "12m");
  EXPECT_EQ(lasting(3h + 12min), "3h 12m");
  EXPECT_EQ(lasting(3h), "3h");
  EXPECT_EQ(lasting(52h), "2d 4h");
  EXPECT_EQ(lasting(-5s), "0s");
}

TEST(Figures, InstantsAreReadWithFractionsAndOffsets) {
  EXPECT_EQ(at("2026-11-21T09:00:00.000Z"), at("2026-11-21T09:00:00Z"));
  EXPECT_EQ(at("2026-11-21T18:00:00+09:00"), at("2026-11-21T09:00:00Z"));
  EXPECT_EQ(at("2026-11-21T03:30:00-05:30"), at("2026-11-21T09:00:00Z"));
}

TEST(Figures, WhatIsNoInstantIsNothing) {
  for (const char* text :
       {"", "…", "2026-11-21", "2026-13-21T09:00:00Z", "2026-02-30T09:00:00Z", "2026-11-21T09:00:00", "2026-11-21T09:00:00."})
    EXPECT_FALSE(instant_of(text)) << text;
}

TEST(Figures, TheNextPermitIsSaidRelativeToNow) {
  const WallTime now = at("2026-11-21T09:00:00Z");
  EXPECT_EQ(until(now, now), "now");
  EXPECT_EQ(until(now - 1h, now), "now");
  EXPECT_EQ(until(at("2026-11-21T09:04:10Z"), now), "in 4m");
}

TEST(Figures, AForecastNamesTheHourTodayTheDayThisYearAndTheMonthAfter) {
  const WallTime now = at("2026-11-21T09:00:00Z");
  EXPECT_EQ(day_or_time(at("2026-11-21T14:05:00Z"), now), "14:05");
  EXPECT_EQ(day_or_time(at("2026-11-28T14:00:00Z"), now), "28 Nov");
  EXPECT_EQ(day_or_time(at("2028-03-01T00:00:00Z"), now), "Mar 2028");
}

TEST(Figures, ABarIsFullOnlyWhenEverythingWasSent) {
  EXPECT_EQ(bar(0, 172, 8, utf8), "░░░░░░░░");
  EXPECT_EQ(bar(1, 50000, 8, utf8), "▌░░░░░░░");
  EXPECT_EQ(bar(86, 172, 8, utf8), "████░░░░");
  EXPECT_EQ(bar(171, 172, 8, utf8), "███████▌");
  EXPECT_EQ(bar(172, 172, 8, utf8), "████████");
  EXPECT_EQ(bar(500, 172, 8, utf8), "████████");
}

TEST(Figures, ABarHasAnAsciiForm) { EXPECT_EQ(bar(40, 172, 8, ascii), "#-......"); }

}  // namespace
}  // namespace mta::ctl
