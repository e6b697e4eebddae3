// Which lane carries the mail: WARMUP.md §6.
#include "warmup/choose.h"

#include <gtest/gtest.h>

namespace warmup {
namespace {

TEST(Choose, TheSoughtPhaseComesBeforeWhatIsLeft) {
  const std::vector<Candidate> lanes{{Phase::warming, 500, 0}, {Phase::warm, 10, 0}};
  EXPECT_EQ(choose(lanes, Prefer::warm), 1U);
  EXPECT_EQ(choose(lanes, Prefer::warming), 0U);
}

TEST(Choose, AColdLaneIsOneThatWarms) { EXPECT_EQ(choose({{Phase::warm, 500, 0}, {Phase::cold, 10, 0}}, Prefer::warming), 1U); }

TEST(Choose, WithoutTheSoughtPhaseTheOtherDoes) {
  EXPECT_EQ(choose({{Phase::warming, 5, 0}, {Phase::cold, 10, 0}}, Prefer::warm), 1U);
}

TEST(Choose, MostLeftComesFirstAndNoLimitIsMost) {
  EXPECT_EQ(choose({{Phase::warming, 5, 0}, {Phase::warming, 70, 3}, {Phase::warming, 69, 0}}, Prefer::warming), 1U);
  EXPECT_EQ(choose({{Phase::warm, 1'000'000, 0}, {Phase::warm, std::nullopt, 9}}, Prefer::warm), 1U);
}

TEST(Choose, ThenFewestConversationsThenThePoolsOrder) {
  EXPECT_EQ(choose({{Phase::warm, 5, 2}, {Phase::warm, 5, 1}}, Prefer::warm), 1U);
  EXPECT_EQ(choose({{Phase::warm, 5, 1}, {Phase::warm, 5, 1}}, Prefer::warm), 0U);
}

}  // namespace
}  // namespace warmup
