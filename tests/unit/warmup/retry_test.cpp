// The timetable of retries: WARMUP.md §8, §9 and RFC 5321 §4.5.4.1.
#include "warmup/retry.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace warmup {
namespace {

using namespace std::chrono_literals;

constexpr double no_jitter = 0.5;  // the middle of [0, 1)

TEST(Retry, TheIntervalDoublesFromFiveMinutesToFourHours) {
  const RetryOptions options;
  const std::vector<Duration> table{5min, 10min, 20min, 40min, 80min, 160min, 4h, 4h, 4h};
  for (unsigned attempt = 1; attempt <= table.size(); ++attempt) {
    EXPECT_EQ(retry_interval(options, attempt, no_jitter), table[attempt - 1]) << "attempt " << attempt;
  }
}

TEST(Retry, JitterSpreadsTheIntervalByATenthEitherWay) {
  const RetryOptions options;
  EXPECT_EQ(retry_interval(options, 1, 0.0), 270s);
  EXPECT_GT(retry_interval(options, 1, 0.999), 329s);
  EXPECT_LE(retry_interval(options, 1, 0.999), 330s);
  EXPECT_EQ(retry_interval(options, 20, 0.0), 216min);
}

TEST(Retry, OtherOptionsGiveOtherTables) {
  const RetryOptions options{.first = 30s, .factor = 3.0, .longest = 1h, .jitter = 0.0};
  EXPECT_EQ(retry_interval(options, 1, 0.9), 30s);
  EXPECT_EQ(retry_interval(options, 2, 0.9), 90s);
  EXPECT_EQ(retry_interval(options, 6, 0.9), 1h);
}

TEST(Retry, NoNumberOfAttemptsAndNoOptionBringsLessThanASecondOrMoreThanTheLongest) {
  const RetryOptions nothing{.first = 0s, .factor = 1e300, .longest = 4h, .jitter = 0.0};
  EXPECT_EQ(retry_interval(nothing, 1, 0.0), 1s);
  EXPECT_EQ(retry_interval(nothing, 1'000, 0.0), 4h);
  const RetryOptions options;
  EXPECT_EQ(retry_interval(options, std::numeric_limits<unsigned>::max(), no_jitter), 4h);
}

TEST(Greylisting, ANamedDelayIsHonouredBetweenAMinuteAndTwelveHours) {
  EXPECT_EQ(named_greylist_delay(300s), 300s);
  EXPECT_EQ(named_greylist_delay(5s), 1min);
  EXPECT_EQ(named_greylist_delay(48h), 12h);
}

TEST(Greylisting, WithoutANamedDelayFiveMinutesDoubleToFourHours) {
  Duration last{0};
  for (const Duration wanted : std::vector<Duration>{5min, 10min, 20min, 40min, 80min, 160min, 4h, 4h}) {
    last = greylist_interval(last);
    EXPECT_EQ(last, wanted);
  }
  EXPECT_EQ(greylist_interval(12h), 4h);
}

TEST(Lifetime, OrdinaryMailExpiresAfterFiveDaysOfBackOffAndBouncesAfterOne) {
  const RetryOptions options;
  EXPECT_FALSE(expired(options, false, 5 * 24h - 1ms));
  EXPECT_TRUE(expired(options, false, 5 * 24h));
  EXPECT_FALSE(expired(options, true, 24h - 1ms));
  EXPECT_TRUE(expired(options, true, 24h));
}

TEST(Lifetime, TheDefaultTableHoldsThirtyFiveAttempts) {
  const RetryOptions options;
  Duration used{0};
  unsigned attempts = 0;
  while (!expired(options, false, used)) used += retry_interval(options, ++attempts, no_jitter);
  EXPECT_EQ(attempts, 35U);  // 315 min for the first six, then 4 h each up to 120 h
}

}  // namespace
}  // namespace warmup
