#include "mta/simulate/cohorts.h"

#include <gtest/gtest.h>

namespace mta::simulate {
namespace {

using namespace std::chrono_literals;

const Instant noon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5} + 12h};

Cohort recipients(std::uint64_t number, Recipients count, Instant due = noon) {
  Cohort made;
  made.born = made.due = due;
  made.number = number;
  made.count = count;
  return made;
}

TEST(Cohorts, WhatIsPutBackHasThePlaceItHadAndGrowsTogetherWithItsNeighbours) {
  Cohorts line;
  line.put(recipients(10, 5));
  const Cohort first = line.take(2);
  EXPECT_EQ(first.number, 10U);
  EXPECT_EQ(line.front().number, 12U);
  EXPECT_TRUE(line.put(first));
  EXPECT_EQ(line.front().count, 5U) << "one cohort again";
  EXPECT_EQ(line.waiting(), 5U);
}

TEST(Cohorts, OneWithAnotherHistoryStaysApartAtItsPlace) {
  Cohorts line;
  line.put(recipients(10, 5));
  Cohort refused = line.take(1);
  refused.verdict = warmup::Verdict::rate_limited;
  EXPECT_TRUE(line.put(refused)) << "it came first and stands first";
  EXPECT_EQ(line.front().count, 1U);
  EXPECT_EQ(line.waiting(), 5U);
}

TEST(Cohorts, WhatIsDueEarlierStandsBeforeWhatArrivedEarlier) {
  Cohorts line;
  line.put(recipients(10, 1, noon + 1h));
  EXPECT_TRUE(line.put(recipients(20, 1)));
  EXPECT_FALSE(line.another_due(noon));
  EXPECT_TRUE(line.another_due(noon + 1h));
  EXPECT_TRUE(line.only(20, noon));
  EXPECT_FALSE(line.only(20, noon + 1h));
}

TEST(Cohorts, AProbeTakesAnotherRecipientThanTheOneThatMetTheRefusal) {
  Cohorts line;
  line.put(recipients(10, 3));
  EXPECT_EQ(line.take_another(10, noon).number, 11U);
  EXPECT_EQ(line.waiting(), 2U);
  EXPECT_EQ(line.take_another(10, noon).number, 12U) << "the next cohort";
  EXPECT_EQ(line.take_another(10, noon).number, 10U) << "it is alone";
  EXPECT_TRUE(line.empty());
}

TEST(Cohorts, AProbeThatIsAnotherOneAnywayIsTheFirst) {
  Cohorts line;
  line.put(recipients(10, 3));
  EXPECT_EQ(line.take_another(11, noon).number, 10U);
  line.put(recipients(5, 1, noon + 1h));
  line.take(1);
  EXPECT_EQ(line.take_another(12, noon).number, 12U) << "the other one is not due";
}

}  // namespace
}  // namespace mta::simulate
