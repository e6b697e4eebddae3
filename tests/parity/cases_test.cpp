// Worlds in which the daemon and `simulate` once came to different numbers: each is a case of its own.
#include "same.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

constexpr const char *urgent = "transactional", *bulk = "bulk";

struct Case : SmallWorld {
  Case() {
    retry.jitter = 0;
    plan.step_back = 0;
    for (const char* name : {urgent, bulk}) {
      classes.emplace_back();
      classes.back().name = name;
    }
    sites.push_back({"alpha.test", "alpha", 0, 0});
  }
  void curve(std::uint64_t start, double growth, double use = 0.5, double hourly = 1, double surge = 0) {
    plan.start = start;
    plan.growth = growth;
    plan.target = 400;
    plan.use = use;
    plan.hourly = hourly;
    plan.surge = surge;
  }
  void submit(unsigned day, std::chrono::minutes time, warmup::Recipients n, const char* of_class, const char* site = "alpha") {
    mail.push_back({at_time(day, time), of_class, std::string(site) + ".test", std::string(of_class) + ".example", n});
  }
  Spell& from_until(Behaviour behaviour, Instant from, Instant until, const char* domain = "alpha.test") {
    spells.push_back({domain, behaviour, from, until, false, false, "", ""});
    return spells.back();
  }
  warmup::ClassOptions& of(const char* name) { return classes[name == urgent ? 0 : 1]; }
};

std::uint64_t count(const Tally& tally, unsigned day, const std::string& lane, const std::string& what) {
  const auto at = tally.find({day, lane, what});
  return at == tally.end() ? 0 : at->second;
}

TEST(OnceTheyDiffered, AFromDomainThatIsRefusedWaitsAndMeetsItsProviderAgainWhenItsHourIsOver) {
  Case world;
  world.curve(100, 1.2);
  world.from_until(Behaviour::refuse_sender, at_time(1, 8h), at_time(1, 14h)).permanent = true;
  world.submit(1, 9h + 1min, 30, bulk);
  world.submit(1, 9h + 7min, 20, urgent);
  const Tally tally = comes_to_the_same(world);
  EXPECT_EQ(count(tally, 1, "all to alpha.test", "bounced"), 4U) << "two of each domain, then they wait";
  EXPECT_GT(count(tally, 1, "all to alpha.test", "delivered"), 40U);
}

TEST(OnceTheyDiffered, AnOverflowThatFollowsAPlanTakesNoMoreThanItsClassCanGetThereToday) {
  Case world;
  world.curve(10, 10);
  world.plan.pace = warmup::Pace::none;
  world.has_overflow = true;
  world.of_overflow = world.plan;
  world.of_overflow->start = 5;
  world.of(bulk).when_full = warmup::WhenFull::overflow;
  world.of(bulk).pace = false;
  world.submit(1, 9h + 1min, 40, bulk);
  const Tally tally = comes_to_the_same(world);
  EXPECT_EQ(count(tally, 1, "all to alpha.test", "delivered"), 10U);
  EXPECT_EQ(count(tally, 1, "all to alpha.test", "overflowed"), 5U);
  EXPECT_EQ(count(tally, 2, "all to alpha.test", "overflowed"), 0U) << "the rest waited where the next day has room for it";
}

TEST(OnceTheyDiffered, WhatIsInConversationIsNotAheadOfNewMailThatMayOverflow) {
  Case world;
  world.curve(16, 1.6, 0.3, 0.7, 1.5);
  world.has_overflow = true;
  world.of(bulk).reserve = 0.3;
  world.of(urgent).when_full = warmup::WhenFull::overflow;
  world.submit(1, 36min, 12, urgent);
  world.submit(1, 20h + 50min, 3, urgent);
  EXPECT_EQ(count(comes_to_the_same(world), 1, "all to alpha.test", "overflowed"), 0U);
}

TEST(OnceTheyDiffered, ATieOfTwoClassesGoesToWhatIsDueFirstNotToTheOneWhoseMailLeft) {
  Case world;
  world.days = 6;
  world.curve(2, 1.2, 0.3, 0.2);
  world.of(urgent).weight = 2;
  world.submit(1, 19h + 43min, 8, urgent);
  world.submit(2, 12h + 1min, 33, bulk);
  world.submit(4, 8min, 11, urgent);
  world.submit(6, 11h + 22min, 57, bulk);
  comes_to_the_same(world);
}

TEST(OnceTheyDiffered, OneRecipientThatMeetsEveryRefusalOfADayIsOneForTheLanesHealth) {
  Case world;
  world.days = 7;
  world.curve(25, 1.9, 0.5, 0.3, 2);
  world.plan.step_back = 1;
  world.sites[0].a_day = 18;
  world.submit(1, 12h + 8min, 53, bulk);
  world.submit(3, 13h + 36min, 56, bulk);
  world.submit(4, 13h + 15min, 40, bulk);
  EXPECT_GT(count(comes_to_the_same(world), 4, "ip-1 to alpha.test", "sent"), 0U);
}

TEST(OnceTheyDiffered, AProbeIsRatherAnotherMessageThanTheOneThatMetTheRefusalAlsoOfAnotherClass) {
  Case world;
  world.curve(21, 1.2);
  world.sites[0].a_day = 10;
  world.submit(2, 2h + 29min, 26, bulk);
  world.submit(3, 12h + 36min, 1, urgent);
  world.submit(3, 19h + 1min, 28, bulk);
  comes_to_the_same(world);
}

TEST(OnceTheyDiffered, AClassWhoseMailAGreylisterKeepsWaitingHasHadItsReserve) {
  Case world;
  world.days = 6;
  world.curve(3, 1.2, 0.6, 0.2, 1.5);
  world.of(bulk).reserve = 0.3;
  world.of(urgent).weight = 2;
  world.from_until(Behaviour::greylist, at_time(5, 14h + 1min), at_time(6, 18h + 3min));
  world.submit(1, 9h + 50min, 8, urgent);
  world.submit(1, 17h + 22min, 12, urgent);
  world.submit(2, 36min, 48, bulk);
  world.submit(2, 11h + 15min, 52, bulk);
  world.submit(3, 12h + 22min, 10, urgent);
  world.submit(4, 2h + 36min, 6, urgent);
  comes_to_the_same(world);
}

TEST(OnceTheyDiffered, TheProbeOfABrakedLaneHasItsTurnInATotalAsAnyMessage) {
  Case world;
  world.days = 4;
  world.curve(4, 1.2, 0.4, 0.3, 1.5);
  world.overall = "total";
  world.of_total = world.plan;
  world.of_total.start = 2;
  world.sites.push_back({"beta.test", "", 0, 0});
  world.of(bulk).reserve = 0.5;
  world.from_until(Behaviour::rate_limit, at_time(2, 9h + 36min), at_time(3, 12h + 44min));
  world.submit(1, 3h + 36min, 10, urgent);
  world.submit(1, 4h + 29min, 13, bulk, "beta");
  world.submit(2, 1min, 11, urgent, "beta");
  world.submit(2, 50min, 5, urgent);
  comes_to_the_same(world);
}

TEST(OnceTheyDiffered, UnlistedSitesHadWhatTheTotalHadTodayThoughAListedLaneIsStillInItsFirstDay) {
  Case world;
  world.days = 5;
  world.curve(4, 1.2, 0.5, 0.4);
  world.overall = "total";
  world.of_total = world.plan;
  world.of_total.start = 3;
  world.of(urgent).pace = world.of(bulk).pace = true;
  world.of(urgent).weight = world.of(bulk).weight = 2;
  world.from_until(Behaviour::block, at_time(3, 19h + 1min), at_time(4, 17h + 9min)).permanent = true;
  world.from_until(Behaviour::block, at_time(2, 18h + 36min), at_time(3, 13h + 18min), "beta.test").at_mail = true;
  world.sites.push_back({"beta.test", "", 0, 0});
  world.submit(2, 7h + 43min, 19, bulk, "beta");
  world.submit(3, 11h + 29min, 54, bulk, "beta");
  world.submit(3, 13h + 15min, 13, bulk);
  world.submit(3, 13h + 50min, 49, bulk);
  comes_to_the_same(world);
}

TEST(BothPlayAlike, AListAsksOnceADayAndItsMailGoesByAnotherSourceOrBouncesAfterADay) {
  for (const bool two_sources : {false, true}) {
    Case world;
    world.days = 5;
    world.curve(6, 1.2);
    world.plan.pace = warmup::Pace::none;
    auto& spell = world.from_until(Behaviour::list, at_time(1, 11h), at_time(4, 15h));
    spell.at_mail = two_sources;
    if (two_sources) {
      world.sources = 2;
      spell.source = "ip-1";
    }
    world.submit(1, 9h + 1min, 2, bulk);
    world.submit(1, 12h + 1min, 5, bulk);
    world.submit(3, 9h + 7min, 9, bulk);
    comes_to_the_same(world);
  }
}

TEST(OnceTheyDiffered, WhatIsOnlyInConversationSendsNothingToTheOverflow) {
  Case world;
  world.curve(4, 1.2);
  world.plan.pace = warmup::Pace::none;
  world.has_overflow = true;
  world.of_overflow = world.plan;
  world.of_overflow->start = 3;
  world.of(bulk).when_full = warmup::WhenFull::overflow;
  world.of(bulk).pace = false;
  world.sites[0].a_day = 3;
  world.submit(1, 9h + 1min, 12, bulk);
  const Tally tally = comes_to_the_same(world);
  EXPECT_EQ(count(tally, 1, "ip-1 to alpha.test", "answered delivered of bulk.example"), 3U);
  EXPECT_EQ(count(tally, 1, "all to alpha.test", "overflowed"), 3U);
}

TEST(OnceTheyDiffered, WhatIsOnlyInConversationMakesNothingBounce) {
  Case world;
  world.curve(2, 1.2, 0.7, 0.3, 2.5);
  world.plan.step_back = 1;
  world.of(urgent).pace = world.of(bulk).pace = true;
  world.of(bulk).weight = 3;
  world.of(urgent).max_wait = 24h;
  world.of(urgent).on_max_wait = warmup::OnMaxWait::bounce;
  world.sites[0].unknown_every = 9;
  world.from_until(Behaviour::closed, at_time(1, 22h + 46min), at_time(3, 6h + 27min));
  world.submit(1, 5h + 50min, 39, bulk);
  world.submit(1, 7h + 50min, 12, urgent);
  const Tally tally = comes_to_the_same(world);
  EXPECT_EQ(count(tally, 2, "all to alpha.test", "bounced"), 0U) << "its site is closed, its lane is not";
  EXPECT_EQ(count(tally, 3, "all to alpha.test", "bounced"), 11U);
}

TEST(OnceTheyDiffered, AMessageThatMetARefusalIsTheLastOfItsLaneNotOfItsTotal) {
  Case world;
  world.days = 6;
  world.overall = "";
  world.overall_factor = 2;
  world.curve(2, 1.2, 0.6, 0.7, 1.5);
  world.plan.step_back = 2;
  world.of(urgent).weight = world.of(bulk).weight = 2;
  world.of(urgent).pace = world.of(bulk).pace = true;
  world.sites.push_back({"gamma.test", "", 0, 0});
  world.from_until(Behaviour::rate_limit, at_time(2, 22h + 26min), at_time(4, 3h + 31min));
  world.from_until(Behaviour::closed, at_time(2, 3h + 38min), at_time(2, 4h + 5min), "gamma.test");
  world.submit(1, 2h + 38min, 3, urgent);
  world.submit(1, 5h + 34min, 9, urgent, "gamma");
  world.submit(1, 14h + 26min, 47, bulk, "gamma");
  world.submit(2, 1h + 26min, 10, urgent, "gamma");
  comes_to_the_same(world);
}

TEST(OnceTheyDiffered, OfTwoClassesWhoseMailIsDueAtOneInstantTheOneThatCameFirstGoesFirst) {
  Case world;
  world.days = 5;
  world.curve(24, 1.8, 0.7);
  world.plan.pace = warmup::Pace::none;
  world.plan.advance = warmup::Advance::calendar;
  world.of(urgent).weight = world.of(bulk).weight = 2;
  world.of(bulk).pace = false;
  world.sites[0].a_day = 4;
  world.from_until(Behaviour::put_off, at_time(4, 4h + 50min), at_time(4, 11h + 26min));
  world.submit(1, 11h + 54min, 8, bulk);
  world.submit(2, 1h + 42min, 25, bulk);
  world.submit(3, 17h + 46min, 10, urgent);
  world.submit(4, 2h + 34min, 4, bulk);
  world.submit(4, 4h + 34min, 3, urgent);
  world.submit(5, 19h + 26min, 11, bulk);
  comes_to_the_same(world);
}

TEST(OnceTheyDiffered, TheEndOfALanesDayMakesNoQueueLookThatWaitsForItsBrake) {
  Case world;
  world.curve(4, 2.0, 0.6, 1, 1.5);
  world.plan.pace = warmup::Pace::none;
  world.plan.advance = warmup::Advance::calendar;
  world.has_overflow = true;
  world.of_overflow = warmup::PlanOptions{};
  world.of_overflow->start = 23;
  world.of_overflow->growth = 1.4;
  world.of_overflow->hourly = 0.3;
  world.of(bulk).when_full = warmup::WhenFull::overflow;
  world.sites[0].a_day = 11;
  world.sites[0].unknown_every = 7;
  world.submit(1, 10h + 34min, 16, bulk);
  world.submit(2, 15h + 50min, 32, bulk);
  world.submit(2, 17h + 50min, 60, bulk);
  comes_to_the_same(world);
}

TEST(OnceTheyDiffered, ASiteThatIsClosedTwiceAtOnceOpensWhenBothAreOver) {
  Case world;
  world.curve(16, 1.3);
  world.from_until(Behaviour::closed, at_time(1, 17h + 54min), at_time(3, 3h + 4min));
  world.from_until(Behaviour::closed, at_time(1, 22h + 54min), at_time(1, 23h + 25min));
  world.submit(1, 18h + 1min, 21, bulk);
  EXPECT_EQ(count(comes_to_the_same(world), 2, "all to alpha.test", "delivered"), 0U);
}

TEST(OnceTheyDiffered, NewMailAsksAFullOverflowAgainForWhatWaitsBeforeIt) {
  Case world;
  world.days = 3;
  world.curve(5, 1.8, 0.4, 0.6, 1.5);
  world.plan.pace = warmup::Pace::none;
  world.has_overflow = true;
  world.of_overflow = world.plan;
  world.of_overflow->start = 24;
  world.of(urgent).reserve = 0.5;
  world.of(bulk).pace = false;
  world.of(bulk).when_full = warmup::WhenFull::overflow;
  world.submit(2, 13h + 50min, 16, bulk);
  world.submit(2, 14h + 38min, 35, bulk);
  comes_to_the_same(world);
}

TEST(OnceTheyDiffered, WhatComesBackFromTheOverflowIsLookedAtThoughWhatWaitsBehindItSleeps) {
  Case world;
  world.curve(2, 1.2);
  world.plan.pace = warmup::Pace::none;
  world.has_overflow = true;
  world.of(bulk).pace = false;
  world.of(bulk).max_wait = 24h;
  world.of(bulk).on_max_wait = warmup::OnMaxWait::overflow;
  world.from_until(Behaviour::block, at_time(1, 12h), at_time(2, 14h), "relay.test").at_mail = true;
  world.submit(1, 9h, 10, bulk);
  world.submit(1, 20h, 10, bulk);
  const Tally tally = comes_to_the_same(world);
  EXPECT_EQ(count(tally, 2, "old-relay to relay.test", "answered reputation_block of bulk.example"), 2U)
      << "the probe after 4 h too";
}

}  // namespace
}  // namespace mta::sim
