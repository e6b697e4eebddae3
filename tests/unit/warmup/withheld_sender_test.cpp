// A From domain that a provider refuses for what it lacks (warmup/WARMUP.md §8).
#include "warmup/withheld_sender.h"

#include "road.h"

namespace warmup {
namespace {

const Instant noon = utc("2026-11-20 12:00");

struct Refused {  // by conversations that begin when they are refused
  WithheldSender sender;
  int messages = 0;
  WithholdingStep again(Instant now) { return withhold(sender, "m" + std::to_string(++messages), now, now); }
};

TEST(WithheldSender, ThreeDistinctMessagesHoldItBackForAnHour) {
  Refused of;
  EXPECT_EQ(of.again(noon).waits, 0h);
  EXPECT_EQ(of.again(noon).waits, 0h);
  EXPECT_FALSE(is_held_back(of.sender, noon));
  const auto third = of.again(noon);
  EXPECT_TRUE(third.begins);
  EXPECT_EQ(third.waits, 1h);
  EXPECT_TRUE(is_held_back(of.sender, noon + 59min));
  EXPECT_FALSE(is_held_back(of.sender, noon + 1h));
}

TEST(WithheldSender, OneMessageThatIsRefusedAgainAndAgainIsOne) {
  WithheldSender sender;
  for (int n = 0; n < 5; ++n) EXPECT_EQ(withhold(sender, "same", noon, noon).waits, 0h);
}

TEST(WithheldSender, WhatIsRefusedWhenItsTimeHasComeDoublesItUpToADay) {
  Refused of;
  for (int n = 0; n < 3; ++n) of.again(noon);
  Instant now = noon + 1h;
  for (const Duration expected : {2h, 4h, 8h, 16h, 24h, 24h}) {
    const auto deeper = of.again(now);
    EXPECT_TRUE(deeper.begins);
    EXPECT_EQ(deeper.waits, expected);
    now += expected;
  }
}

TEST(WithheldSender, WhatIsRefusedMeanwhileWaitsForTheRest) {
  Refused of;
  for (int n = 0; n < 3; ++n) of.again(noon);
  const auto meanwhile = of.again(noon + 20min);
  EXPECT_FALSE(meanwhile.begins);
  EXPECT_EQ(meanwhile.waits, 40min);
}

TEST(WithheldSender, AConversationFromBeforeNeitherDeepensNorEndsIt) {
  Refused of;
  for (int n = 0; n < 3; ++n) of.again(noon);
  EXPECT_FALSE(withhold(of.sender, "old", noon, noon + 2h).begins);
  EXPECT_FALSE(ends_withholding(of.sender, noon));
  EXPECT_TRUE(ends_withholding(of.sender, noon + 1h));
}

TEST(WithheldSender, TakenMailEndsNothingWhileNothingIsHeldBack) {
  Refused of;
  of.again(noon);
  EXPECT_FALSE(ends_withholding(of.sender, noon));
}

TEST(WithheldSender, WhatWasRefusedADayAgoIsForgotten) {
  Refused of;
  of.again(noon);
  of.again(noon);
  EXPECT_FALSE(is_forgotten(of.sender, noon + 24h));
  EXPECT_TRUE(is_forgotten(of.sender, noon + 24h + 1s));
  EXPECT_EQ(of.again(noon + 25h).waits, 0h) << "the first again";
}

}  // namespace
}  // namespace warmup
