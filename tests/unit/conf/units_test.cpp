#include "conf/units.h"

#include <gtest/gtest.h>

namespace conf {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Units, DurationsAreAWholeNumberAndOneUnit) {
  EXPECT_EQ(parse_duration("90s"), seconds(90));
  EXPECT_EQ(parse_duration("5m"), minutes(5));
  EXPECT_EQ(parse_duration("4h"), hours(4));
  EXPECT_EQ(parse_duration("5d"), hours(120));
  EXPECT_EQ(parse_duration("0s"), seconds(0));
  for (const char* wrong :
       {"", "5", "s", "1.5h", "-5m", "+5m", " 5m", "5m ", "5 m", "5M", "5min", "1h30m", "99999999999999999999s", "36526d"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
}

TEST(Units, DurationsAreShownAsTheyAreWritten) {
  for (const char* text : {"0s", "1s", "90s", "5m", "4h", "5d", "36h", "180d"})
    EXPECT_EQ(duration_text(*parse_duration(text)), text);
  EXPECT_EQ(duration_text(milliseconds(1500)), "1500ms");
}

TEST(Units, SizesAreAWholeNumberAndABinaryUnit) {
  EXPECT_EQ(parse_size("50MiB"), 50ULL << 20U);
  EXPECT_EQ(parse_size("1KiB"), 1024U);
  EXPECT_EQ(parse_size("2GiB"), 2ULL << 30U);
  EXPECT_EQ(parse_size("3TiB"), 3ULL << 40U);
  EXPECT_EQ(parse_size("7B"), 7U);
  for (const char* wrong : {"", "50", "50MB", "50 MiB", "50mib", "-1B", "1.5GiB", "9999999999TiB"})
    EXPECT_EQ(parse_size(wrong), std::nullopt) << wrong;
  for (const char* text : {"50MiB", "1KiB", "1000B", "0B"}) EXPECT_EQ(size_text(*parse_size(text)), text);
}

TEST(Units, RatesAreMessagesPerSecond) {
  EXPECT_DOUBLE_EQ(*parse_rate("20/s"), 20);
  EXPECT_DOUBLE_EQ(*parse_rate("600/min"), 10);
  EXPECT_DOUBLE_EQ(*parse_rate("1000/h"), 1000.0 / 3600);
  for (const char* wrong : {"", "20", "20/m", "20/sec", "/s", "0/s", "-1/s", "2.5/s"})
    EXPECT_EQ(parse_rate(wrong), std::nullopt) << wrong;
}

TEST(Units, ATimeOfDayHasTwoDigitsEach) {
  EXPECT_EQ(parse_time_of_day("00:00"), minutes(0));
  EXPECT_EQ(parse_time_of_day("23:59"), minutes(1439));
  for (const char* wrong : {"", "0:00", "24:00", "12:60", "12-30", "-1:00", "1200"})
    EXPECT_EQ(parse_time_of_day(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace conf
