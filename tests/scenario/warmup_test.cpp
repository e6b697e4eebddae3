// The curve, the day and the cap, end to end: WARMUP.md §1–§5, §7.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

TEST(WarmupFirstWeek, AFloodOnDayOneLeavesAtThePaceOfThePlan) {
  Town town{seed_from_env_or(7)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(50, 2, 500)});
  out.submit(1000, bulk_to("gmail.test"));
  town.pass(23h + 50min);
  EXPECT_EQ(gmail.accepted(), 50U) << town.story();
  out.crash_and_restart();  // the cap survives the crash
  town.pass(24h + 5min);
  EXPECT_EQ(gmail.accepted(), 150U) << town.story();
  town.pass(5min);
  gmail.now_answers("421 4.7.0 unusual rate of mail, try again later");
  town.pass(24h);
  EXPECT_LE(gmail.connections_today(), 14U) << town.story();  // we back off instead of knocking
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupFirstWeek, EveryDayTheCapOfItsStageUntilAllIsGone) {
  Town town{seed_from_env_or(8)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(100, 1.2, 50000)});
  out.submit(1000, bulk_to("gmail.test"));
  town.pass(24h * 7);
  EXPECT_THAT(accepted_by_day(gmail, 7), ElementsAre(100, 120, 144, 172, 207, 248, 9)) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupFirstWeek, ALaneThatLearnsGrowsByMoreAfterEachFullDayAndKnowsItAfterACrash) {
  Town town{seed_from_env_or(81)};
  auto& gmail = town.receiver("gmail.test");
  auto plan = plan_of(100, 1.2, 50000);
  plan.growth_max = 1.3;
  auto& out = town.mta({.plan = plan});
  out.submit(2000, bulk_to("gmail.test"));
  town.pass(24h * 3 + 23h + 50min);
  out.crash_and_restart();
  town.pass(24h * 3 + 10min);
  EXPECT_THAT(accepted_by_day(gmail, 7), ElementsAre(100, 120, 147, 185, 239, 311, 405)) << town.story();
  const Evidence seen = look_into(out);
  const auto* lane = lane_of(seen, "192.0.2.10", "other:gmail.test");
  ASSERT_NE(lane, nullptr);
  EXPECT_EQ(lane->record.growth.now, 1'300'000U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupFirstWeek, PacedMailIsSpreadOverTheDayAndNoHourTakesMoreThanItsShare) {
  Town town{seed_from_env_or(9)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(240, 1.2, 50000)});
  out.submit(400, bulk_to("gmail.test"));
  town.pass(1h);
  EXPECT_GE(gmail.accepted(), 10U);
  EXPECT_LE(gmail.accepted(), 21U) << town.story();
  town.pass(11h);
  EXPECT_NEAR(static_cast<double>(gmail.accepted()), 136, 6) << town.story();
  town.pass(12h);
  EXPECT_EQ(gmail.accepted(), 240U) << town.story();
}

TEST(WarmupFirstWeek, TheCapHoldsAcrossCrashesAndLosesAtMostWhatWasInConversation) {
  Town town{seed_from_env_or(10)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.delays[Stage::dot] = 2s;
  auto plan = plan_of(60, 1.5, 5000);
  plan.pace = warmup::Pace::none;
  auto& out = town.mta({.plan = plan});
  out.submit(300, bulk_to("gmail.test"));
  for (int day = 0; day < 3; ++day) {
    for (int kill = 0; kill < 4; ++kill) {
      town.pass(std::chrono::minutes(3) + std::chrono::seconds(kill * 7));
      out.crash_and_restart();
    }
    town.pass(24h - 4 * 3min - 42s);
  }
  const auto days = accepted_by_day(gmail, 3);
  EXPECT_LE(days[0], 60U) << town.story();
  EXPECT_LE(days[1], 90U);
  EXPECT_LE(days[2], 135U);
  EXPECT_GE(days[0] + days[1] + days[2], 150U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(WarmupFirstWeek, DomainsBehindOneProviderShareItsCapAndOthersHaveTheirOwn) {
  Town town{seed_from_env_or(11)};
  auto& gmail = town.receiver("gmail.test");
  auto& stray = town.receiver("backup.test");
  auto& other = town.receiver("elsewhere.test");
  town.world().resolver.mx("company-a.test", 10, "mx1.gmail.test");
  town.world().resolver.mx("company-b.test", 10, "mx1.gmail.test");
  town.world().resolver.mx("company-b.test", 50, "mx1.backup.test");  // a stray backup host
  auto& out = town.mta({.plan = plan_of(40, 1.5, 5000), .change = [](conf::Config& config) {
                          conf::Provider google;
                          google.name = "google";
                          google.mx = {"*.gmail.test"};
                          std::erase_if(config.providers, [](const auto& each) { return each.name == "google"; });
                          config.providers.insert(config.providers.begin(), google);
                        }});
  for (const char* domain : {"gmail.test", "company-a.test", "company-b.test", "elsewhere.test"}) out.submit(60, bulk_to(domain));
  town.pass(24h);
  EXPECT_EQ(gmail.accepted() + stray.accepted(), 40U) << town.story();
  EXPECT_EQ(other.accepted(), 40U) << town.story();
}

TEST(WarmupFirstWeek, ManySmallSitesTogetherAreBoundByTheSourcesTotal) {
  Town town{seed_from_env_or(12)};
  std::vector<Receiver*> sites;
  for (int i = 0; i < 8; ++i) sites.push_back(&town.receiver("site" + std::to_string(i) + ".test"));
  auto& out = town.mta({.plan = plan_of(20, 1.5, 5000)});  // the total: 5 × 20
  for (int i = 0; i < 8; ++i) out.submit(30, bulk_to("site" + std::to_string(i) + ".test"));
  town.pass(24h);
  std::size_t sum = 0;
  for (const auto* site : sites) {
    EXPECT_LE(site->accepted(), 20U);
    sum += site->accepted();
  }
  EXPECT_EQ(sum, 100U) << town.story();
}

TEST(WarmupFirstWeek, AGreylistedRecipientKeepsItsPlaceInTheCap) {
  Town town{seed_from_env_or(13)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.greylist = 5min;
  auto& out = town.mta({.plan = plan_of(30, 1.5, 5000)});
  out.submit(60, bulk_to("gmail.test"));
  town.pass(24h);
  EXPECT_LE(gmail.accepted(), 30U) << town.story();
  EXPECT_GE(gmail.accepted(), 26U) << town.story();
  town.pass(24h);
  EXPECT_LE(accepted_by_day(gmail, 2)[1], 45U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

// A server that takes the last chunk and drops the line may have the message: what goes again at once without CHUNKING is another copy.
TEST(WarmupFirstWeek, ASecondCopyAtOnceCountsInTheCapLikeTheFirst) {
  Town town{seed_from_env_or(60)};
  auto& gmail = town.receiver("gmail.test");
  gmail.manners.chunking = true;
  gmail.manners.hangup = Hangup{Stage::dot, false, 2};
  auto& out = town.mta({.plan = at_once(5), .change = no_reserves});
  out.submit(40, bulk_to("gmail.test"));
  town.pass(20h);
  const auto copies = gmail.copies().size();
  EXPECT_GE(copies, 4U) << town.story();
  EXPECT_LE(copies, 5U) << town.story();
  const Evidence seen = look_into(out);
  const auto* lane = lane_of(seen, "192.0.2.10", "other:gmail.test");
  ASSERT_NE(lane, nullptr);
  EXPECT_EQ(lane->record.today.sent, copies) << "each copy that left is charged";
  EXPECT_EQ(lane->record.reserved(), 0U);
}

TEST(WarmupFirstWeek, TransactionalMailBehindABulkBacklogLeavesFirstWithinItsReserve) {
  Town town{seed_from_env_or(14)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta({.plan = plan_of(400, 1.2, 50000)});
  out.submit(1500, bulk_to("gmail.test"));
  town.pass(1h);
  const auto bulk_before = gmail.accepted();
  out.submit(60, to("gmail.test"));
  town.pass(30min);
  std::size_t urgent = 0;
  for (const auto& copy : gmail.copies()) urgent += copy.letter->header("List-Id").empty() ? 1 : 0;
  EXPECT_EQ(urgent, 60U) << town.story();
  town.pass(10h);
  EXPECT_GT(gmail.accepted() - urgent, bulk_before) << town.story();  // and bulk still moves
}

TEST(WarmupFirstWeek, WithoutAPlanNothingIsHeld) {
  Town town{seed_from_env_or(15)};
  auto& gmail = town.receiver("gmail.test");
  auto& out = town.mta();
  out.submit(500, bulk_to("gmail.test"));
  town.pass(10min);
  EXPECT_EQ(gmail.accepted(), 500U);
}

TEST(WarmupFirstWeek, ObserveModeSendsAllAndCountsWhatItWouldHaveHeld) {
  Town town{seed_from_env_or(16)};
  auto& gmail = town.receiver("gmail.test");
  auto plan = plan_of(50, 1.5, 5000);
  plan.enforce = false;
  auto& out = town.mta({.plan = plan});
  out.submit(200, bulk_to("gmail.test"));
  town.pass(1h);
  EXPECT_EQ(gmail.accepted(), 200U) << town.story();
}

}  // namespace
}  // namespace mta::sim
