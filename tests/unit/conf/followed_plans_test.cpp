// Which rules a lane follows: WARMUP.md §1, §2.
#include "conf/followed_plans.h"

#include <gtest/gtest.h>

namespace conf {
namespace {

warmup::PlanOptions plan(const std::string& name, std::uint64_t start) {
  warmup::PlanOptions made;
  made.name = name;
  made.start = start;
  return made;
}

struct TwoPlans {
  TwoPlans() {
    config.plans = {plan("default", 100), plan("published", 40)};
    config.plans.front().providers["google"] = plan("default", 20);
    for (const char* name : {"warming", "measured", "old"}) {
      config.sources.emplace_back();
      config.sources.back().name = name;
      config.sources.back().address = "192.0.2.1";
      config.sources.back().plan = "default";
      config.sources.back().overall_factor = 5;
    }
    config.sources[1].overall = "published";
    config.sources[2].plan.clear();
    config.sources[2].overall = "off";
  }
  Config config;
  FollowedPlans of{config};
};

TEST(FollowedPlans, AProviderHasItsDifferencesAndAllOthersShareTheRulesOfThePlan) {
  TwoPlans plans;
  EXPECT_EQ(plans.of.of_lane("warming", "google").curve.cap(0), 20U);
  EXPECT_EQ(plans.of.of_lane("warming", "yahoo").curve.cap(0), 100U);
  EXPECT_EQ(&plans.of.of_lane("warming", "yahoo"), &plans.of.of_lane("measured", "icloud"));
  EXPECT_FALSE(plans.of.of_lane("warming", "google").overall);
}

TEST(FollowedPlans, ATotalFollowsThePlanOfItsSourceFiveFoldOrTheOneThatItNames) {
  TwoPlans plans;
  ASSERT_NE(plans.of.of_total("warming"), nullptr);
  EXPECT_EQ(plans.of.of_total("warming")->curve.cap(0), 500U);
  EXPECT_TRUE(plans.of.of_total("warming")->overall);
  ASSERT_NE(plans.of.of_total("measured"), nullptr);
  EXPECT_EQ(plans.of.of_total("measured")->curve.cap(0), 40U) << "a plan of its own is not multiplied";
}

TEST(FollowedPlans, WithoutAPlanThereAreNoLimitsAndASourceThatIsGoneHasNone) {
  TwoPlans plans;
  for (const char* name : {"old", "gone"}) {
    EXPECT_EQ(plans.of.of_lane(name, "google").plan, nullptr) << name;
    EXPECT_EQ(plans.of.of_total(name), nullptr) << name;
    EXPECT_EQ(&plans.of.of_lane(name, "google"), &plans.of.of_lane(name, "yahoo")) << name;
  }
}

TEST(FollowedPlans, ALaneHasTheWayBackOfItsProviderWithOrWithoutAPlan) {
  TwoPlans plans;
  Provider google;
  google.name = "google";
  google.connections = 7;
  google.recovery.cool = std::chrono::minutes(10);
  plans.config.providers.push_back(google);
  for (const char* source : {"warming", "old"}) {
    EXPECT_EQ(plans.of.of_lane(source, "google").recovery.cool, std::chrono::minutes(10)) << source;
    EXPECT_EQ(plans.of.of_lane(source, "google").recovery.connections, 7U) << source;
    EXPECT_EQ(plans.of.of_lane(source, "yahoo").recovery.cool, std::chrono::minutes(5)) << source;
  }
}

}  // namespace
}  // namespace conf
