// What a day's answers say: WARMUP.md §7.
#include "warmup/health.h"

#include <gtest/gtest.h>

#include <array>

namespace warmup {
namespace {

Tally of(std::uint64_t answered, std::uint64_t limited, std::uint64_t bounced, std::uint64_t rejected, std::uint64_t complaints) {
  return {answered, limited, bounced, rejected, complaints};
}

TEST(Health, TheLowerEndOfANinetyPercentIntervalIsCompared) {
  EXPECT_NEAR(wilson_lower(5, 20), 0.1269, 0.0005);
  EXPECT_NEAR(wilson_lower(50, 1000), 0.0400, 0.0005);
  EXPECT_EQ(wilson_lower(0, 100), 0.0);
  EXPECT_EQ(wilson_lower(0, 0), 0.0);
  EXPECT_LE(wilson_lower(30, 10), 1.0) << "complaints may be of older mail";
}

TEST(Health, ASmallSampleIsNotTakenForABadOne) {
  EXPECT_FALSE(exceeds(10, 19, 0.05)) << "below 20 recipients";
  EXPECT_TRUE(exceeds(10, 20, 0.05));
  EXPECT_FALSE(exceeds(4, 20, 0.05)) << "below 5 bad ones";
  EXPECT_TRUE(exceeds(5, 20, 0.05));
  EXPECT_FALSE(exceeds(6, 100, 0.05)) << "6 % of 100 may be 5 %";
  EXPECT_TRUE(exceeds(600, 10'000, 0.05));
}

// WARMUP.md §7, "How many bad ones it takes".
TEST(Health, ItTakesAsManyBadOnesAsTheTableSays) {
  constexpr std::array bounds{0.001, 0.003, 0.03, 0.05, 0.10, 0.20};
  struct Row {
    std::uint64_t answered;
    std::array<std::uint64_t, bounds.size()> bad;
  };
  constexpr std::array rows{Row{20, {5, 5, 5, 5, 5, 7}},          Row{50, {5, 5, 5, 6, 9, 15}},
                            Row{100, {5, 5, 6, 9, 15, 27}},       Row{500, {5, 5, 22, 34, 62, 115}},
                            Row{1'000, {5, 6, 39, 62, 116, 221}}, Row{5'000, {9, 22, 170, 276, 535, 1'047}}};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      EXPECT_TRUE(exceeds(row.bad[i], row.answered, bounds[i])) << row.bad[i] << " of " << row.answered << ", " << bounds[i];
      EXPECT_FALSE(exceeds(row.bad[i] - 1, row.answered, bounds[i]))
          << row.bad[i] - 1 << " of " << row.answered << ", " << bounds[i];
    }
  }
}

// WARMUP.md §7: which answers count against which bounds, to hold and to step back.
TEST(Health, EachLimitHoldsForItsOwnReason) {
  const PlanOptions plan;
  EXPECT_FALSE(reason_to_hold(of(100, 5, 3, 5, 0), plan));
  EXPECT_EQ(reason_to_hold(of(100, 15, 0, 0, 0), plan)->text, "rate limits 15.0% of 100, above 5%");
  EXPECT_EQ(reason_to_hold(of(100, 0, 10, 0, 0), plan)->what, FailureKind::bounces);
  EXPECT_EQ(reason_to_hold(of(100, 0, 0, 15, 0), plan)->what, FailureKind::rejections);
  EXPECT_EQ(reason_to_hold(of(1000, 0, 0, 0, 6), plan)->text, "complaints 0.6% of 1000, above 0.1%");
}

TEST(Health, SteppingBackTakesMoreAndRejectionsNeverDo) {
  const PlanOptions plan;
  EXPECT_FALSE(reason_to_step_back(of(100, 15, 10, 90, 0), plan));
  EXPECT_EQ(reason_to_step_back(of(100, 30, 0, 0, 0), plan)->what, FailureKind::rate_limits);
  EXPECT_EQ(reason_to_step_back(of(100, 0, 20, 0, 0), plan)->what, FailureKind::bounces);
  EXPECT_EQ(reason_to_step_back(of(500, 0, 0, 0, 8), plan)->what, FailureKind::complaints);
}

TEST(Health, AVerdictCountsAsWhatTheRulesSay) {
  for (const Verdict verdict : {Verdict::unknown_user, Verdict::mailbox_disabled})
    EXPECT_EQ(meaning(verdict).ill, FailureKind::bounces) << name(verdict);
  for (const Verdict verdict : {Verdict::spam_content, Verdict::policy, Verdict::auth_failure})
    EXPECT_EQ(meaning(verdict).ill, FailureKind::rejections) << name(verdict);
  EXPECT_EQ(meaning(Verdict::rate_limited).ill, FailureKind::rate_limits);
  for (const Verdict verdict : {Verdict::delivered, Verdict::reputation_block, Verdict::temporary, Verdict::mailbox_full,
                                Verdict::connection_limit, Verdict::virus, Verdict::permanent}) {
    EXPECT_EQ(meaning(verdict).ill, FailureKind::none) << name(verdict);
    Tally tally;
    tally.count(verdict);
    EXPECT_EQ(tally.answered, 1U) << name(verdict) << " is an answer";
  }
}

TEST(Health, WhoWasRateLimitedOnceTodayCountsAsThatWhateverIsSaidLater) {
  Tally tally;
  tally.recount({}, Verdict::rate_limited);
  for (const Verdict later :
       {Verdict::temporary, Verdict::greylisted, Verdict::rate_limited, Verdict::unknown_user, Verdict::delivered})
    tally.recount(Verdict::rate_limited, later);
  EXPECT_EQ(tally, of(1, 1, 0, 0, 0));
  tally.recount({}, Verdict::unknown_user);
  tally.recount(Verdict::unknown_user, Verdict::rate_limited);
  EXPECT_EQ(tally, of(2, 2, 0, 0, 0)) << "and from then on one that counted as something else";
  tally.recount({}, Verdict::temporary);
  tally.recount(Verdict::temporary, Verdict::delivered);
  EXPECT_EQ(tally, of(3, 2, 0, 0, 0));
  EXPECT_EQ(counts_as(Verdict::rate_limited, Verdict::delivered), Verdict::rate_limited);
  EXPECT_EQ(counts_as(Verdict::temporary, Verdict::delivered), Verdict::delivered);
}

TEST(Health, TakingBackMoreThanWasCountedIsNothing) {
  Tally tally;
  tally.uncount(Verdict::unknown_user);
  EXPECT_EQ(tally, Tally{});
}

}  // namespace
}  // namespace warmup
