// May it be sent now: WARMUP.md §1 (ledgers), §3–§5.
#include "warmup/gate.h"

#include "road.h"

namespace warmup {
namespace {

PlanOptions at_once() {  // no pace, no hourly limit below the cap
  return with([](PlanOptions& plan) { plan.pace = Pace::none, plan.hourly = 1; });
}

TEST(Cap, IsNeverExceededAndOpensWhenTheDayEnds) {
  Road road(at_once());
  road.classes = {ClassOptions{.name = "bulk"}};
  road.send(60);
  EXPECT_EQ(road.granted("bulk", 1000), 40U) << "as many as are left";
  road.send(40);
  const Hold hold = road.held();
  EXPECT_EQ(hold.why, Why::cap);
  EXPECT_EQ(hold.until, utc("2026-11-21 00:00"));
  EXPECT_FALSE(hold.settles);
  road.pass(hold.until - road.now);
  EXPECT_EQ(road.granted("bulk", 1000), 120U);
}

TEST(Cap, WhatIsInConversationIsTakenAlready) {
  Road road(at_once());
  road.classes.clear();
  road.take(100);
  EXPECT_TRUE(road.held().settles) << "a conversation that ends may open it";
  refund(road.lane, "bulk", 1);
  EXPECT_EQ(road.granted(), 1U);
}

TEST(Hold, PassesWhenOnlyWhatIsInConversationIsInTheWay) {
  Road road(at_once());
  road.classes.clear();
  road.take(100);
  EXPECT_TRUE(road.held().passes) << "none of it may count in the end";
  for (int n = 0; n < 100; ++n) charge(road.lane, "bulk", 1, road.now);
  EXPECT_FALSE(road.held().passes) << "the day has had its share";
}

TEST(Hold, OfABrakeThatIsProbedPassesAndOneThatHasNotRunOutDoesNot) {
  Road road(at_once());
  road.lane.brake.state = Brake::cooling;
  road.lane.brake.until = road.now + std::chrono::minutes(5);
  EXPECT_FALSE(road.held().passes);
  road.pass(std::chrono::minutes(5));
  road.lane.brake.probing = true;
  EXPECT_TRUE(road.held().passes) << "the probe decides";
}

TEST(Cap, OfOneLetsOneThroughADay) {
  Road road(with([](PlanOptions& plan) { plan.start = 1, plan.target = 50, plan.growth = 1.5; }));
  road.send(1);
  EXPECT_EQ(road.held().why, Why::cap);
  EXPECT_EQ(road.granted("transactional"), 0U);
  road.pass_day();
  EXPECT_EQ(road.granted(), 1U);
}

TEST(Cap, WithoutAPlanThereIsNone) {
  Road road;
  road.no_plan();
  EXPECT_EQ(road.granted("bulk", 1'000'000), 1'000'000U);
}

TEST(Ledgers, APermitIsTheConjunctionOfAll) {
  Road lane(at_once()), total(with([](PlanOptions&plan) { plan.start = 30, plan.pace = Pace::none, plan.hourly = 1; }));
  lane.classes.clear();
  total.classes.clear();
  total.rules.overall = true;
  const std::array<LaneView, 2> ledgers{lane.with_rules(), total.with_rules()};
  const auto both = [&](Recipients n) { return ask(ledgers, {"bulk", n}, lane.now); };
  EXPECT_EQ(std::get<Permit>(both(100)).recipients, 30U);
  total.send(30);
  const auto hold = std::get<Hold>(both(1));
  EXPECT_TRUE(hold.overall);
  EXPECT_EQ(hold.why, Why::cap);
}

TEST(Ledgers, TheLatestOfAllReasonsIsNamed) {
  Road lane, total;
  total.rules.overall = true;
  lane.rate_limit();
  total.classes.clear();
  total.rules.plan = nullptr;
  total.lane.today.limit.reset();
  const std::array<LaneView, 2> ledgers{lane.with_rules(), total.with_rules()};
  EXPECT_EQ(std::get<Hold>(ask(ledgers, {"bulk", 1}, lane.now)).why, Why::cooling);
  lane.lane.today.sent = 100;
  const auto hold = std::get<Hold>(ask(ledgers, {"bulk", 1}, lane.now));
  EXPECT_EQ(hold.why, Why::cap);
  EXPECT_EQ(hold.until, lane.lane.today.ends);
}

TEST(Pace, AnHoursShareMayBurstAndTheRestIsSpread) {
  Road road;
  EXPECT_EQ(road.granted(), 5U) << "ceil(100 / 24)";
  road.pass(3h);
  EXPECT_EQ(road.granted(), 18U) << "ceil(100 · (0.125 / 0.95 + 1 / 24))";
}

TEST(Pace, TheCapIsReachableAtNinetyFivePercentOfTheDay) {
  Road road(with([](PlanOptions& plan) { plan.hourly = 1; }));
  road.classes = {ClassOptions{.name = "bulk"}};
  road.pass(Duration(24h) * 95 / 100 - 1h);
  EXPECT_EQ(road.granted(), 100U);
}

TEST(Pace, TellsWhenTheNextOneMayGo) {
  Road road;
  road.send(5);
  const Hold hold = road.held();
  EXPECT_EQ(hold.why, Why::pace);
  EXPECT_NEAR(static_cast<double>((hold.until - road.now).count()), (5.0 / 100 - 1.0 / 24) * 0.95 * 86.4e6, 2.0);
  road.pass(hold.until - road.now - 1ms);
  EXPECT_EQ(road.granted(), 0U) << "asking earlier is in vain";
  road.pass(1ms);
  EXPECT_EQ(road.granted(), 1U);
}

TEST(Pace, HoldsOnlyClassesThatArePaced) {
  Road road;
  EXPECT_EQ(road.granted("transactional"), 30U) << "its reserve";
}

TEST(Pace, WhatUnpacedClassesSentIsTakenFromWhatPacedOnesSpread) {
  Road road(with([](PlanOptions& plan) { plan.hourly = 1; }));
  road.send(52, "transactional");
  EXPECT_EQ(road.granted(), 2U) << "ceil(48 / 24)";
  road.take(24, "transactional");
  EXPECT_EQ(road.granted(), 1U) << "what is in conversation as well";
}

TEST(Pace, CanBeTurnedOff) {
  Road road(with([](PlanOptions& plan) { plan.pace = Pace::none; }));
  EXPECT_EQ(road.granted(), 25U);
}

TEST(Hourly, LimitsEveryClassToAQuarterOfTheCapInAnyHour) {
  Road road;
  road.classes.front().reserve = 0;
  road.send(25, "transactional");
  const Hold hold = road.held("transactional");
  EXPECT_EQ(hold.why, Why::hourly);
  EXPECT_EQ(hold.until, road.now + 61min);
  EXPECT_EQ(road.held("bulk").why, Why::hourly) << "all classes together";
  road.pass(hold.until - road.now);
  EXPECT_EQ(road.granted("transactional"), 25U);
}

TEST(Hourly, IsNeverBelowTen) {
  Road road(with([](PlanOptions& plan) { plan.start = 20, plan.hourly = 0; }));
  EXPECT_EQ(road.granted("transactional"), 10U);
}

TEST(Hourly, CountsWhatIsInConversationAndThenAsksAgainInAMoment) {
  Road road;
  road.classes.front().reserve = 0;
  road.take(25, "transactional");
  const Hold hold = road.held("transactional");
  EXPECT_EQ(hold.why, Why::hourly);
  EXPECT_EQ(hold.until, road.now + 1min);
  EXPECT_TRUE(hold.settles);
}

TEST(Hourly, OfAPublishedHourlyScheduleIsItsOwnNumber) {
  Road road(with([](PlanOptions& plan) { plan.preset = "sendgrid", plan.start = 480, plan.target = 470'425'344; }));
  road.rules.overall = true;
  EXPECT_EQ(road.lane.today.cap, 480U);
  EXPECT_EQ(road.granted("transactional"), 20U);
}

TEST(Reserve, ProtectsAShareOfTheCapThatIsReleasedOverTheDay) {
  Road road(at_once());
  EXPECT_EQ(road.granted("bulk"), 100U - 29U) << "ceil(30 · (1 − 1/24)) are kept";
  road.pass(12h);
  EXPECT_EQ(road.granted("bulk"), 100U - 14U);
  road.pass(11h);
  EXPECT_EQ(road.granted("bulk"), 100U);
}

TEST(Reserve, IsThereForItsClassHoweverMuchBulkWaits) {
  Road road(at_once());
  road.send(71);
  const Hold hold = road.held("bulk");
  EXPECT_EQ(hold.why, Why::reserve);
  EXPECT_EQ(road.granted("transactional"), 29U);
  road.pass(hold.until - road.now - 2ms);
  EXPECT_EQ(road.granted("bulk"), 0U);
  road.pass(2ms);
  EXPECT_EQ(road.granted("bulk"), 1U);
}

TEST(Reserve, WhatItsClassHadIsNotKeptTwice) {
  Road road(at_once());
  road.send(10, "transactional");
  EXPECT_EQ(road.granted("bulk"), 100U - 10U - 20U) << "ceil(20 · 23/24)";
  road.take(10, "transactional");
  EXPECT_EQ(road.granted("bulk"), 100U - 20U - 10U) << "in conversation counts as had";
  refund(road.lane, "transactional", 10);
  EXPECT_EQ(road.granted("bulk"), 100U - 10U - 20U) << "and is kept again when it was not sent";
}

TEST(Reserve, ItsClassMayTakeMoreThanItsReserve) {
  Road road(at_once());
  EXPECT_EQ(road.granted("transactional"), 100U);
}

TEST(Reserve, OfSeveralClassesOpensWhenTheSumFits) {
  Road road(at_once());
  road.classes.push_back(ClassOptions{.name = "alerts", .reserve = 0.25});
  road.send(47);
  const Hold hold = road.held("bulk");
  EXPECT_EQ(hold.why, Why::reserve);
  road.pass(hold.until - road.now - 2ms);
  EXPECT_EQ(road.granted("bulk"), 0U);
  road.pass(3ms);
  EXPECT_EQ(road.granted("bulk"), 1U);
}

TEST(Reserve, OfACapOfOneIsNothing) {
  Road road(with([](PlanOptions& plan) { plan.start = 1; }));
  EXPECT_EQ(road.granted("bulk"), 1U);
}

TEST(Reserve, AppliesToTheSourcesTotalToo) {
  Road road(at_once());
  road.rules.overall = true;
  EXPECT_EQ(road.granted("bulk"), 71U);
}

TEST(Attempts, AreLimitedToThreeTimesTheCap) {
  Road road(at_once());
  road.answers(Verdict::temporary, 299);
  EXPECT_EQ(road.granted("transactional"), 1U);
  road.answers(Verdict::temporary, 1);
  const Hold hold = road.held("transactional");
  EXPECT_EQ(hold.why, Why::attempts);
  EXPECT_EQ(hold.until, road.lane.today.ends);
}

TEST(KeptPlace, GoesWhereFreshMailMayNot) {
  Road road(at_once());
  road.classes.clear();
  road.take(100);
  keep_place(road.lane, "bulk");
  charge(road.lane, "bulk", 99, road.now);
  EXPECT_EQ(road.granted(), 0U);
  const LaneView ledger = road.with_rules();
  road.pass(61min);
  EXPECT_EQ(std::get<Permit>(ask({&ledger, 1}, {"bulk", 50, true}, road.now)).recipients, 1U) << "as many as have places";
}

TEST(KeptPlace, WaitsForTheHourlyLimitAsWell) {
  Road road;
  road.take(1);
  keep_place(road.lane, "bulk");
  road.send(25, "transactional");
  const LaneView ledger = road.with_rules();
  EXPECT_EQ(std::get<Hold>(ask({&ledger, 1}, {"bulk", 1, true}, road.now)).why, Why::hourly);
}

TEST(KeptPlace, WithoutOneARetryIsFreshMail) {
  Road road;
  road.send(5);
  const LaneView ledger = road.with_rules();
  EXPECT_EQ(std::get<Hold>(ask({&ledger, 1}, {"bulk", 1, true}, road.now)).why, Why::pace);
}

TEST(KeptPlace, OfADayWithALargerCapDoesNotBreakASmallerOne) {
  Road road(at_once());
  road.lane.open["bulk"].pending = 150;  // kept at a later stage; the lane was stepped back since
  const LaneView ledger = road.with_rules();
  const auto retry = [&] { return ask({&ledger, 1}, {"bulk", 50, true}, road.now); };
  Recipients sent = 0;
  for (Answer answer = retry(); std::holds_alternative<Permit>(answer); answer = retry()) {
    const Recipients n = std::get<Permit>(answer).recipients;
    for (Recipients i = 0; i < n; ++i) use_place(road.lane, "bulk");
    charge(road.lane, "bulk", n, road.now);
    sent += n;
    ASSERT_LE(sent, 100U);
  }
  EXPECT_EQ(sent, 100U);
  EXPECT_GT(std::get<Hold>(retry()).until, road.now);
}

TEST(EarlierPermit, GoesOnWhenTheNewDayHasRoomForIt) {
  Road road(at_once());
  road.pass(23h);
  road.take(20);
  road.pass_day();
  const LaneView ledger = road.with_rules();
  EXPECT_EQ(std::get<Permit>(ask({&ledger, 1}, {"bulk", 20, false, 20}, road.now)).recipients, 20U);
}

TEST(EarlierPermit, IsHeldWhenTheNewDayIsSmallerUntilEnoughWereGivenBack) {
  Road road(at_once());
  road.lane.open["bulk"].reserved = 150;  // fifteen conversations of ten
  road.classes.clear();
  const LaneView ledger = road.with_rules();
  unsigned stopped = 0;
  for (int conversation = 0; conversation < 15; ++conversation) {
    const Answer answer = ask({&ledger, 1}, {"bulk", 10, false, 10}, road.now);
    const auto* permit = std::get_if<Permit>(&answer);
    if (permit != nullptr && permit->recipients == 10) continue;
    refund(road.lane, "bulk", 10);
    ++stopped;
  }
  EXPECT_EQ(stopped, 5U);
  EXPECT_EQ(road.lane.reserved(), 100U);
}

TEST(EarlierPermit, OfALaneThatCoolsFinishesItsMessage) {
  Road road(at_once());
  road.take(10);
  road.rate_limit();
  const LaneView ledger = road.with_rules();
  EXPECT_TRUE(std::holds_alternative<Permit>(ask({&ledger, 1}, {"bulk", 10, false, 10}, road.now)));
}

TEST(Gates, AreShownWithValueLimitAndNextOpening) {
  Road road;
  road.send(5);
  const auto views = gates(road.with_rules(), {"bulk"}, road.now);
  std::map<Why, GateView> by_name;
  for (const auto& view : views) by_name[view.why] = view;
  EXPECT_EQ(by_name.at(Why::cap).value, 5U);
  EXPECT_EQ(by_name.at(Why::cap).limit, 100U);
  EXPECT_TRUE(by_name.at(Why::cap).open);
  EXPECT_EQ(by_name.at(Why::reserve).limit, 71U);
  EXPECT_FALSE(by_name.at(Why::pace).open);
  EXPECT_EQ(by_name.at(Why::pace).limit, 5U);
  EXPECT_GT(by_name.at(Why::pace).next, road.now);
  EXPECT_EQ(by_name.at(Why::hourly).limit, 25U);
  EXPECT_EQ(by_name.at(Why::attempts).limit, 300U);
}

TEST(LeftToday, IsWhatTheClassCanStillGetWhateverThePace) {
  Road road;
  EXPECT_EQ(left_today(road.with_rules(), "bulk", road.now), 71U);
  EXPECT_EQ(left_today(road.with_rules(), "transactional", road.now), 100U);
  road.send(5);
  EXPECT_EQ(left_today(road.with_rules(), "bulk", road.now), 66U);
  road.no_plan();
  road.advance_to();
  EXPECT_FALSE(left_today(road.with_rules(), "bulk", road.now));
}

TEST(Observe, LiftsEveryGateOfThePlanAndSaysWhatWouldHaveHeld) {
  Road road(with([](PlanOptions& plan) { plan.enforce = false; }));
  EXPECT_EQ(road.granted("bulk", 10'000), 10'000U);
  EXPECT_FALSE(would_hold(road.with_rules(), {"bulk"}, road.now));
  road.lane.today.sent = 5'000;
  EXPECT_EQ(road.granted("bulk", 10'000), 10'000U);
  EXPECT_TRUE(would_hold(road.with_rules(), {"bulk"}, road.now));
  EXPECT_FALSE(left_today(road.with_rules(), "bulk", road.now));
}

TEST(Observe, LeavesCoolingInForce) {
  Road road(with([](PlanOptions& plan) { plan.enforce = false; }));
  road.rate_limit();
  EXPECT_EQ(road.held().why, Why::cooling);
}

}  // namespace
}  // namespace warmup
