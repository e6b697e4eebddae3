// A source gets another address: its lanes begin cold and that is said, or `was` carries them over. WARMUP.md §1.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* gmail_lane = "other:gmail.test";

class WarmupAddresses : public testing::Test {
 protected:
  // Five days by 192.0.2.10: 10, 15, 22, 33, 50 and a stage for each.
  Daemon& five_days() {
    auto& out = town_.mta({.plan = plan_of(10, 1.5, 5000), .change = no_reserves});
    out.submit(600, bulk_to("gmail.test"));
    town_.pass(24h * 5 + 1h);
    return out;
  }
  static void move(conf::Config& config, const std::string& was) {
    config.sources.at(0).address = "192.0.2.11";
    config.sources.at(0).was = was;
  }
  static void add(conf::Config& config, const std::string& name, const std::string& address) {
    auto source = config.sources.at(0);
    source.name = name;
    source.address = address;
    source.was.clear();
    config.sources.push_back(source);
    config.pools.at(0).sources.push_back(name);
  }
  static unsigned stage_of(const Evidence& seen, const std::string& address) {
    const auto* lane = lane_of(seen, address, gmail_lane);
    return lane == nullptr ? 0 : lane->record.stage;
  }

  Town town_{seed_from_env_or(57)};
  Receiver& gmail_ = town_.receiver("gmail.test");
};

TEST_F(WarmupAddresses, AReloadSaysWhichLanesBeginColdAndHowTheyAreKept) {
  auto& out = five_days();
  move(out.config(), "");
  const auto said = out.server().reload(out.config());
  EXPECT_THAT(said, Contains(AllOf(HasSubstr("192.0.2.10"), HasSubstr("192.0.2.11"), HasSubstr("begin cold"),
                                   HasSubstr("gmail.test"), HasSubstr("was = \"192.0.2.10\""))));
}

TEST_F(WarmupAddresses, AReloadThatChangesNoAddressSaysNothingOfLanes) {
  auto& out = five_days();
  EXPECT_THAT(out.server().reload(out.config()), Not(Contains(HasSubstr("cold"))));
}

TEST_F(WarmupAddresses, AnAddressTakesOverTheLanesOfTheOneItWasAndKeepsThem) {
  auto& out = five_days();
  const unsigned before = stage_of(look_into(out), "192.0.2.10");
  ASSERT_GE(before, 4U);
  move(out.config(), "192.0.2.10");
  EXPECT_THAT(out.server().reload(out.config()), Contains(HasSubstr("takes over the lanes of 192.0.2.10")));
  const auto accepted = gmail_.accepted();
  town_.pass(24h);
  EXPECT_GT(gmail_.accepted(), accepted + 50) << town_.story();
  out.stop();
  move(out.config(), "");  // it was said once; that is enough
  out.start();
  town_.pass(24h);
  const Evidence seen = look_into(out);
  EXPECT_GT(stage_of(seen, "192.0.2.10"), before) << "the lane goes on";
  EXPECT_EQ(lane_of(seen, "192.0.2.11", gmail_lane), nullptr) << "and there is no cold one beside it";
  EXPECT_TRUE(town_.every_recipient_is_somewhere_exactly_once());
}

TEST_F(WarmupAddresses, WhatTheAddressSentTodayBeforeItTookOverCounts) {
  auto& out = five_days();
  out.stop();
  move(out.config(), "");
  out.start();
  town_.pass(12h);  // a cold lane, which sends its first few
  const Evidence cold = look_into(out);
  ASSERT_NE(lane_of(cold, "192.0.2.11", gmail_lane), nullptr);
  const auto sent = lane_of(cold, "192.0.2.11", gmail_lane)->record.today.sent;
  ASSERT_GT(sent, 0U);
  move(out.config(), "192.0.2.10");
  EXPECT_THAT(out.server().reload(out.config()), Contains(HasSubstr("a warmupd that runs does it when it starts again")));
  out.stop();
  out.start();
  const Evidence seen = look_into(out);
  const auto* lane = lane_of(seen, "192.0.2.10", gmail_lane);
  ASSERT_NE(lane, nullptr);
  EXPECT_GE(lane->record.stage, 4U);
  EXPECT_GE(lane->record.today.sent, sent);
  EXPECT_EQ(lane_of(seen, "192.0.2.11", gmail_lane), nullptr);
  town_.pass(24h * 2);
  EXPECT_TRUE(town_.every_recipient_is_somewhere_exactly_once());
}

TEST_F(WarmupAddresses, AnAddressThatIsNamedKeepsTheLanesThatTheKernelsChoiceHad) {
  auto& out = town_.mta({.plan = plan_of(10, 1.5, 5000), .change = [](conf::Config& config) {
                           no_reserves(config);
                           config.sources.at(0).address.clear();
                         }});
  out.submit(300, bulk_to("gmail.test"));
  town_.pass(24h * 3 + 1h);
  const unsigned before = stage_of(look_into(out), "any ipv4");
  ASSERT_GE(before, 2U);
  move(out.config(), "");
  EXPECT_THAT(out.server().reload(out.config()),
              Contains(AllOf(HasSubstr("the kernel's choice"), HasSubstr("was = \"192.0.2.11\""))));
  move(out.config(), "192.0.2.11");
  out.stop();
  out.start();
  town_.pass(24h);
  EXPECT_GE(stage_of(look_into(out), "any ipv4"), before);
}

TEST_F(WarmupAddresses, TheAddressThatASourceWasIsTheOneItHadLast) {
  auto& out = five_days();
  move(out.config(), "192.0.2.10");
  static_cast<void>(out.server().reload(out.config()));
  town_.pass(1h);
  const unsigned before = stage_of(look_into(out), "192.0.2.10");
  out.config().sources.at(0).address = "192.0.2.12";
  out.config().sources.at(0).was.clear();
  const auto said = out.server().reload(out.config());
  EXPECT_THAT(said,
              Contains(AllOf(HasSubstr("its address was 192.0.2.11 and is 192.0.2.12"), HasSubstr("was = \"192.0.2.11\""))));
  out.stop();
  out.config().sources.at(0).was = "192.0.2.11";
  out.start();
  EXPECT_GE(stage_of(look_into(out), "192.0.2.10"), before) << "what the hint says carries them over";
}

TEST_F(WarmupAddresses, LanesThatNoSourceHasAreNotSaidToBeThoseOfANewOne) {
  auto& out = five_days();
  out.config().sources.clear();
  out.config().pools.at(0).sources.clear();
  conf::Source other;
  other.name = "other";
  other.address = "192.0.2.11";
  other.plan = "default";
  out.config().sources.push_back(other);
  out.config().pools.at(0).sources.push_back("other");
  const auto said = out.server().reload(out.config());
  EXPECT_THAT(said, Contains(AllOf(HasSubstr("source other"), HasSubstr("no source has those of 192.0.2.10 any more"),
                                   HasSubstr("was = \"192.0.2.10\""))));
  EXPECT_THAT(said, Not(Contains(HasSubstr("its address was"))));
}

TEST_F(WarmupAddresses, AWasThatFindsNoLanesIsNamed) {
  auto& out = five_days();
  move(out.config(), "192.0.2.77");
  EXPECT_THAT(out.server().reload(out.config()),
              Contains(AllOf(HasSubstr("was = \"192.0.2.77\" carries nothing over"), HasSubstr("no lanes of that address"))));
  move(out.config(), "192.0.2.10");
  EXPECT_THAT(out.server().reload(out.config()), Not(Contains(HasSubstr("carries nothing over"))));
  town_.pass(1h);
  EXPECT_THAT(out.server().reload(out.config()), Not(Contains(HasSubstr("carries nothing over")))) << "it has done so";
}

TEST_F(WarmupAddresses, AWasThatIsTheSourcesOwnAddressIsSaidToBe) {
  auto& out = five_days();
  out.config().sources.at(0).was = "192.0.2.10";
  EXPECT_THAT(out.server().reload(out.config()), Contains(HasSubstr("carries nothing over: those are its own lanes")));
}

TEST_F(WarmupAddresses, AnAddressThatComesBackAfterItsLanesWentOverHasLanesOfItsOwn) {
  auto& out = five_days();
  move(out.config(), "192.0.2.10");
  static_cast<void>(out.server().reload(out.config()));
  town_.pass(1h);
  const unsigned before = stage_of(look_into(out), "192.0.2.10");
  move(out.config(), "");
  add(out.config(), "back", "192.0.2.10");
  EXPECT_THAT(out.server().reload(out.config()), Contains(HasSubstr("begins with lanes of its own, cold")));
  out.submit(200, bulk_to("gmail.test"));
  town_.pass(24h * 2);
  out.stop();
  out.start();  // and it stays so
  const Evidence seen = look_into(out);
  EXPECT_GE(stage_of(seen, "192.0.2.10"), before);
  const auto* own = lane_of(seen, "192.0.2.10 again", gmail_lane);
  ASSERT_NE(own, nullptr);
  EXPECT_LT(own->record.stage, before);
  EXPECT_GT(own->record.today.sent + (own->record.history.empty() ? 0 : own->record.history.back().sent), 0U);
  EXPECT_THAT(out.server().reload(out.config()), Not(Contains(HasSubstr("cold"))));
  EXPECT_TRUE(town_.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
