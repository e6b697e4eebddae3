// What a provider's rate limits do to the lane and to the recipients that meet them: WARMUP.md §7, §8, §9.
#include <gtest/gtest.h>

#include <algorithm>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

constexpr const char* too_fast = "421 4.7.28 unusual rate of mail originating from your IP, temporarily rate limited";

Duration longest_cool(const warmup::Lane& record) {
  Duration longest = record.today.longest_cool;
  for (const auto& day : record.history) longest = std::max(longest, day.longest_cool);
  return longest;
}

TEST(WarmupRateLimits, AThirdOfAllAnswersAllDayDeepensTheCoolingAndTheLaneDoesNotAdvance) {
  Town town{seed_from_env_or(131)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.limits_every = 3;
  auto& out = town.mta({.plan = at_once(60), .change = no_reserves});
  for (int day = 0; day < 3; ++day) {
    out.submit(60, bulk_to("gmail.test"));
    town.pass(24h);
  }
  const auto seen = look_into(out);
  const auto* lane = lane_of(seen, "192.0.2.10", "other:gmail.test");
  ASSERT_NE(lane, nullptr);
  EXPECT_EQ(lane->record.stage, 0U) << town.story();
  EXPECT_GE(longest_cool(lane->record), 1h) << town.story();
  const auto& first = lane->record.history.front();
  EXPECT_GT(first.health.rate_limited * 5, first.health.answered) << "though each was taken at a later try";
  gmail.manners.limits_every = 0;
  town.pass(24h * 5);
  EXPECT_EQ(gmail.accepted(), 180U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupRateLimits, AProviderIsLeftAloneForAsLongAsItsOwnRulesSay) {
  Town town{seed_from_env_or(134)};
  auto& gmail = town.receiver("gmail.test");
  gmail.now_answers(too_fast);
  auto& out = town.mta({.plan = at_once(100), .change = [](conf::Config& config) {
                          no_reserves(config);
                          conf::Provider google;
                          google.name = "google";
                          google.mx = {"*.gmail.test"};
                          google.connections = 5;
                          google.recovery = {10min, 1.0, 4h, warmup::Reopen::one_by_one};
                          config.providers.insert(config.providers.begin(), google);
                        }});
  out.submit(60, bulk_to("gmail.test"));
  town.pass(9min);
  const auto first = gmail.connections();
  EXPECT_LE(first, 5U);
  const std::vector<std::pair<Duration, unsigned>> probes{{3min, 1},  {10min, 2}, {36min, 5}, {12min, 6},
                                                          {12min, 7}, {20min, 7}, {30min, 8}};
  for (const auto& [later, wanted] : probes) {
    town.pass(later);
    EXPECT_EQ(gmail.connections() - first, wanted) << (town.now() - world_began) / 1min << " min\n" << town.story();
  }
  gmail.now_behaves();
  town.pass(3h);
  EXPECT_EQ(gmail.accepted(), 60U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupRateLimits, ARecipientThatIsAloneWithThemForAWeekNeitherExpiresNorPaysForThem) {
  Town town{seed_from_env_or(132)};
  auto& gmail = town.receiver("gmail.test");
  gmail.now_answers(too_fast);
  auto& out = town.mta({.plan = unpaced(300)});
  out.submit(bulk_to("gmail.test"));
  town.pass(24h * 8);
  const auto seen = look_into(out);
  ASSERT_EQ(seen.rows.size(), 1U) << town.story();
  EXPECT_GT(count_of(seen, "deferred"), 10U);
  EXPECT_EQ(seen.rows.front().recipient.backoff_used, Duration(0));
  EXPECT_EQ(seen.rows.front().recipient.attempts, 0U) << "its first retry of another kind comes as early as ever";
  gmail.now_behaves();
  town.pass(4h + 1min);  // the longest cooling
  EXPECT_EQ(gmail.accepted(), 1U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupRateLimits, ABounceReportThatMeetsThemIsNotLostAfterItsDayEither) {
  Town town{seed_from_env_or(133)};
  auto& gmail = town.receiver("gmail.test");
  auto& home = town.receiver("sender.test");
  gmail.manners.unknown = {"user1@gmail.test"};
  home.now_answers(too_fast);
  auto& out = town.mta({.plan = unpaced(300)});
  out.submit(1, bulk_to("gmail.test"));
  town.pass(24h * 3);
  home.now_behaves();
  town.pass(4h + 1min);
  EXPECT_EQ(home.accepted(), 1U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
