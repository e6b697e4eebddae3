// Which of the queues that wait for one ledger goes first, and which lanes count in a source's total.
#include "warmup/claim.h"

#include "road.h"
#include "warmup/queue_shares.h"
#include "warmup/total.h"

namespace warmup {
namespace {

Claim claim(Road& road, std::string_view mail_class, Recipients had, Instant due = {}) {
  return claim_of({road.with_rules(), {}, mail_class, had, false, due});
}

TEST(Claim, AClassInsideItsReserveGoesFirst) {
  Road road;
  road.send(20, "transactional");
  EXPECT_TRUE(claim(road, "transactional", 20).stronger_than(claim(road, "bulk", 0)));
}

TEST(Claim, BeyondItsReserveItIsNoMoreThanItsWeightSays) {
  Road road(with([](PlanOptions& plan) { plan.pace = Pace::none, plan.hourly = 1; }));
  road.send(30, "transactional");
  EXPECT_TRUE(claim(road, "bulk", 9).stronger_than(claim(road, "transactional", 30)));
  EXPECT_TRUE(claim(road, "transactional", 30).stronger_than(claim(road, "bulk", 11)));
}

TEST(Claim, OfThoseThatAreDueAtOneInstantTheOneThatCameFirstGoesFirst) {
  Claim early, late;
  early.came = 1, late.came = 2;
  EXPECT_TRUE(early.stronger_than(late));
  late.due -= std::chrono::milliseconds(1);
  EXPECT_TRUE(late.stronger_than(early)) << "due counts more";
}

TEST(Claim, WhatAGreylisterKeepsWaitingIsHadOfTheReserve) {
  Road road(with([](PlanOptions& plan) { plan.pace = Pace::none, plan.hourly = 1; }));
  road.take(30, "transactional");
  EXPECT_FALSE(claim(road, "transactional", 30).reserved) << "in conversation";
  for (int n = 0; n < 30; ++n) keep_place(road.lane, "transactional");
  EXPECT_FALSE(claim(road, "transactional", 30).reserved) << "as the gate counts it";
}

TEST(Claim, APartyHadWhatTheTotalHadButNotWhatItsListedLanesHad) {
  Road total, listed;
  total.send(5);
  listed.send(2);
  EXPECT_EQ(party_of(total.lane, "bulk", {&listed.lane}).had, 3U);
  EXPECT_EQ(party_of(total.lane, "bulk", {&listed.lane}).delivered, 3U);
}

TEST(Claim, OfALaneThatIsStillInAnEarlierDayItIsNotKnownWhatItHadToday) {
  Road total, listed;
  total.send(5);
  listed.send(2);
  listed.lane.today.started -= 1h;
  EXPECT_EQ(party_of(total.lane, "bulk", {&listed.lane}).had, 5U);
}

TEST(Claim, ALaneThatHasNotDeliveredHalfItsCapGoesBeforeOneThatHas) {
  Road has(with([](PlanOptions&plan) { plan.pace = Pace::none, plan.hourly = 1; })), has_not;
  has.send(50);
  EXPECT_TRUE(claim(has_not, "bulk", 30).stronger_than(claim(has, "bulk", 2)));
}

TEST(Claim, ThenWhoHadLeastAndThenWhoIsDueFirst) {
  Road road;
  EXPECT_TRUE(claim(road, "bulk", 1, utc("2026-11-20 09:00")).stronger_than(claim(road, "bulk", 2, utc("2026-11-20 08:00"))));
  EXPECT_TRUE(claim(road, "bulk", 2, utc("2026-11-20 08:00")).stronger_than(claim(road, "bulk", 2, utc("2026-11-20 09:00"))));
  EXPECT_FALSE(claim(road, "bulk", 2).stronger_than(claim(road, "bulk", 2)));
}

TEST(Claim, TheReserveOfATotalEndsToo) {
  Road lane, total(with([](PlanOptions&plan) { plan.pace = Pace::none, plan.hourly = 1; }));
  total.rules.overall = true;
  total.send(30, "transactional");
  const Turn turn{lane.with_rules(), total.with_rules(), "transactional", 0, false, {}};
  EXPECT_FALSE(claim_of(turn).reserved);
}

TEST(Claim, APartyIsOneQueueThatHadWhatAllOfItHad) {
  Road lane;
  const Turn turn{lane.with_rules(), {}, "bulk", 0, false, {}};
  const Claim one = lifted(claim_of(turn), turn, {60, 60});
  EXPECT_FALSE(one.needs_use);
  EXPECT_EQ(one.had, 60);
}

TEST(Claim, SaysForHowManyTurnsItStaysTheStronger) {
  Road road(with([](PlanOptions& plan) { plan.pace = Pace::none, plan.hourly = 1; }));
  road.send(60, "bulk");
  const Turn urgent{road.with_rules(), {}, "transactional", 0, false, {}};
  EXPECT_EQ(turns_until(urgent, claim_of(urgent), claim(road, "bulk", 60)), 30U) << "its reserve";
  const Turn few{road.with_rules(), {}, "bulk", 2, false, {}};
  EXPECT_EQ(turns_until(few, claim_of(few), claim(road, "bulk", 6)), 5U);
}

TEST(Total, CountsUnlistedSitesUnlessAPlanIsNamed) {
  EXPECT_EQ(total_of("", true, false), Total::others);
  EXPECT_EQ(total_of("", false, false), Total::none) << "without a plan there is no curve to follow";
  EXPECT_EQ(total_of("slow", false, false), Total::all);
  EXPECT_EQ(total_of("off", true, false), Total::none);
  EXPECT_EQ(total_of("", true, true), Total::none) << "a smarthost";
  EXPECT_TRUE(counts_in(Total::others, "other:example.org"));
  EXPECT_FALSE(counts_in(Total::others, "google"));
  EXPECT_TRUE(counts_in(Total::all, "google"));
  EXPECT_EQ(total_named("(others)"), Total::others);
  EXPECT_EQ(total_named("(all)"), Total::all);
  EXPECT_FALSE(total_named("google").has_value());
}

TEST(QueueShares, TwoPoolsOfOneLaneAreToldApart) {
  Road road;
  road.take(5);
  QueueShares shares;
  shares.took("a", "bulk", 3, road.lane.today.started);
  shares.took("b", "bulk", 2, road.lane.today.started);
  EXPECT_EQ(shares.had("a", "bulk", road.lane, 2), 3U);
  EXPECT_EQ(shares.had("b", "bulk", road.lane, 2), 2U);
  shares.gave_back("a", "bulk", 2, road.lane.today.started);
  EXPECT_EQ(shares.had("a", "bulk", road.lane, 2), 2U) << "1, and half of the 2 of which it is not known whose they are";
  EXPECT_EQ(shares.had("a", "bulk", road.lane, 1), 5U) << "one pool: what the record counts";
}

TEST(QueueShares, AfterARestartWhatWasSentIsDividedEvenly) {
  Road road;
  road.take(4);
  EXPECT_EQ(QueueShares().had("a", "bulk", road.lane, 2), 2U);
}

}  // namespace
}  // namespace warmup
