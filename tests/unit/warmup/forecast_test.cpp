// When what waits will be gone: WARMUP.md §10.
#include "warmup/forecast.h"

#include "road.h"

namespace warmup {
namespace {

Forecast of(Road& road, Demand demand) {
  road.advance_to();
  return forecast({{road.with_rules(), {}}}, demand, road.now);
}

std::vector<Recipients> sent(const Forecast& forecast) {
  std::vector<Recipients> days;
  for (const auto& day : forecast.days) days.push_back(day.sent);
  return days;
}

TEST(Forecast, ABacklogLeavesByTheCurveDayAfterDay) {
  Road road;
  const Forecast found = of(road, {"bulk", 2'000, 0, 60});
  EXPECT_EQ(sent(found), (std::vector<Recipients>{100, 120, 144, 172, 207, 248, 298, 358, 353}));
  EXPECT_EQ(found.days.front().date, "2026-11-20");
  EXPECT_EQ(found.days.front().waiting, 1'900U);
  EXPECT_EQ(found.days.back().waiting, 0U);
  ASSERT_TRUE(found.gone);
  EXPECT_GT(*found.gone, found.days.back().started);
  EXPECT_LT(*found.gone, found.days.back().ends);
}

TEST(Forecast, OfAPlanThatLearnsGrowsAsTheLaneWill) {
  const auto learning = with([](PlanOptions& plan) { plan.growth_max = 1.3; });
  Road road(learning);
  const Forecast found = of(road, {"bulk", 2'000, 0, 60});
  EXPECT_EQ(sent(found), (std::vector<Recipients>{100, 120, 147, 185, 239, 311, 405, 493}));
  std::vector<Recipients> real;
  for (Recipients left = 2'000; left > 0; road.pass_day()) {
    real.push_back(road.send_all_day(left));
    left -= real.back();
  }
  EXPECT_EQ(sent(found), real);
}

TEST(Forecast, DrainsTheFactsBacklogsInTheirDays) {
  for (const auto& [backlog, days] :
       std::vector<std::pair<Recipients, unsigned>>{{1'000, 7}, {5'000, 14}, {10'000, 17}, {50'000, 26}, {100'000, 30}}) {
    Road road;
    EXPECT_EQ(of(road, {"bulk", backlog, 0, 60}).days.size(), days) << backlog;
  }
}

TEST(Forecast, IsARealDrainsTruth) {
  Road road;
  const Forecast found = of(road, {"bulk", 3'000, 0, 60});
  std::vector<Recipients> real;
  for (Recipients left = 3'000; left > 0 && real.size() < 60; road.pass_day()) {
    real.push_back(road.send_all_day(left));
    left -= real.back();
    if (left == 0) {
      EXPECT_NEAR(static_cast<double>(found.gone->time_since_epoch().count()),
                  static_cast<double>(road.now.time_since_epoch().count()), 2 * 3600e3);
      break;
    }
  }
  EXPECT_EQ(sent(found), real);
}

TEST(Forecast, ADayThatIsNotUsedEarnsNoStage) {
  Road road;
  const Forecast found = of(road, {"bulk", 0, 30, 5});
  EXPECT_EQ(found.days.size(), 5U);
  EXPECT_EQ(found.days.back().cap, 100U);
}

TEST(Forecast, WhatArrivesEachDayQueuesUpUntilTheCurveHasCaughtUp) {
  Road road;
  const Forecast found = of(road, {"bulk", 0, 200, 40});
  EXPECT_EQ(found.days[3].waiting, 800U - 100U - 120U - 144U - 172U);
  EXPECT_EQ(found.days.back().waiting, 0U);
}

TEST(Forecast, LanesOfOnePoolShareAndNoneIdlesItsStageAway) {
  Road one, two;
  const Forecast found = forecast({{one.with_rules(), {}}, {two.with_rules(), {}}}, {"bulk", 0, 110, 30}, one.now);
  for (const auto& day : found.days) {
    EXPECT_EQ(day.sent, 110U);
    EXPECT_GE(day.cap, 200U) << day.date;
  }
  EXPECT_EQ(found.days.back().cap, 220U) << "55 each a day: enough for the second stage, not for the third";
}

TEST(Forecast, WhatIsNotGoneInTimeHasNoEnd) {
  Road road;
  const Forecast found = of(road, {"bulk", 100'000, 0, 10});
  EXPECT_EQ(found.days.size(), 10U);
  EXPECT_FALSE(found.gone);
}

TEST(Forecast, OtherClassesGoOnAtTheirMeanOfSevenSendingDays) {
  Road road(with([](PlanOptions& plan) { plan.start = plan.target = 1'000; }));
  for (int day = 0; day < 9; ++day) {
    reserve(road.lane, "transactional", 100);
    road.finish(day == 0 ? 100 : 50, Verdict::delivered, "transactional");
    road.lane.open.clear();
    road.pass_day();
    road.pass_day();
  }
  EXPECT_EQ(mean_of_sending_days(road.lane, "bulk"), 50U) << "the oldest two do not count, idle days neither";
  EXPECT_EQ(mean_of_sending_days(road.lane, "transactional"), 0U);
  EXPECT_EQ(of(road, {"bulk", 10'000, 0, 1}).days.front().sent, *road.lane.today.limit - 50U);
}

TEST(Forecast, TheRestOfTodayIsWhatWasNotUsed) {
  Road road;
  road.send(5);
  road.pass(12h);
  EXPECT_EQ(of(road, {"bulk", 1'000, 0, 60}).days.front().sent, 95U);
}

TEST(Forecast, AnActivePauseIsHonouredAndVetoesNothing) {
  Road road;
  road.use_day(100);
  road.block("m1", "a@example.com", true);
  road.lane.brake.until = road.lane.today.started + 12h;
  const Forecast half = of(road, {"bulk", 1'000, 0, 60});
  EXPECT_EQ(half.days[0].sent, 120U) << "the pace catches up in the afternoon";
  EXPECT_GE(half.days[0].opens, road.lane.brake.until);
  EXPECT_EQ(half.days[1].cap, 144U) << "the day advances: a forecast assumes that nothing goes wrong";
  road.lane.brake.until = road.lane.today.ends + 12h;
  const Forecast longer = of(road, {"bulk", 1'000, 0, 60});
  EXPECT_EQ(longer.days[0].sent, 0U);
  EXPECT_EQ(longer.days[1].sent, 120U);
}

TEST(Forecast, APinnedPauseSendsNothingUntilItEnds) {
  Road road;
  road.hand(LaneCommand::pause);
  EXPECT_EQ(of(road, {"bulk", 100, 0, 5}).days.size(), 5U);
  road.hand(LaneCommand::pause, std::nullopt, 24h);
  const Forecast found = of(road, {"bulk", 100, 0, 5});
  EXPECT_EQ(sent(found), (std::vector<Recipients>{0, 100}));
}

TEST(Forecast, AClassThatBouncesStoppedWaitsForTomorrow) {
  Road road;
  road.lane.today.bulk_stopped = true;
  EXPECT_EQ(sent(of(road, {"bulk", 50, 0, 5})), (std::vector<Recipients>{0, 50}));
  EXPECT_EQ(sent(of(road, {"transactional", 50, 0, 5})), (std::vector<Recipients>{50}));
}

TEST(Forecast, UrgentMailThatFitsIntoAnHourIsGoneNow) {
  Road road;
  EXPECT_EQ(of(road, {"transactional", 20, 0, 5}).gone, road.now);
  EXPECT_EQ(of(road, {"transactional", 60, 0, 5}).gone, road.now + 2h) << "25 an hour";
  EXPECT_NEAR(static_cast<double>((*of(road, {"bulk", 20, 0, 5}).gone - road.now) / 1min), 216, 10) << "as the pace lets them";
}

TEST(Forecast, SeveralSourcesAddUpAndTheirTotalsBind) {
  Road one, two, total(with([](PlanOptions&plan) { plan.start = 60; }));
  total.rules.overall = true;
  const Forecast found =
      forecast({{one.with_rules(), total.with_rules()}, {two.with_rules(), {}}}, {"bulk", 1'000, 0, 60}, one.now);
  EXPECT_EQ(found.days.front().cap, 160U);
}

TEST(Forecast, ATotalAlsoCarriesTheClassToOtherProviders) {
  Road lane, total(with([](PlanOptions&plan) { plan.start = plan.target = 300; }));
  total.rules.overall = true;
  reserve(total.lane, "bulk", 250);
  total.finish(250);
  total.pass_day();
  lane.pass_day();
  total.lane.phase = Phase::warming;
  set_limit(total.with_rules(), total.now);
  const Forecast found = forecast({{lane.with_rules(), total.with_rules()}}, {"bulk", 1'000, 0, 1}, lane.now);
  EXPECT_EQ(found.days.front().sent, 50U);
}

TEST(Forecast, WithoutAPlanEverythingGoesNow) {
  Road road;
  road.no_plan();
  const Forecast found = of(road, {"bulk", 1'000'000, 0, 5});
  EXPECT_EQ(found.gone, road.now);
  Road watched(with([](PlanOptions& plan) { plan.enforce = false; }));
  EXPECT_EQ(of(watched, {"bulk", 1'000'000, 0, 5}).gone, watched.now);
}

TEST(Forecast, NothingIsGoneBeforeALaneThatIsPausedOpens) {
  Road road;
  road.hand(LaneCommand::pause, std::nullopt, 4h);
  EXPECT_GE(*of(road, {"transactional", 5, 0, 5}).gone, road.now + 4h);
  EXPECT_GE(*of(road, {"bulk", 5, 0, 5}).gone, road.now + 4h);
  road.hand(LaneCommand::resume);
  road.block("m1", "a@example.com", true);
  EXPECT_GE(*of(road, {"transactional", 1, 0, 5}).gone, road.lane.brake.until);
}

TEST(Forecast, SaysWhoWaitsTooLongForALaneThatIsPaused) {
  Road road;
  road.hand(LaneCommand::pause, std::nullopt, 4h);
  const Demand demand{"transactional", 5, 0, 5};
  EXPECT_EQ(late(of(road, demand), demand, 2h, road.now), 5U);
  EXPECT_EQ(late(of(road, demand), demand, 5h, road.now), 0U);
}

TEST(Forecast, ALaneThatNobodyResumesHasNoEnd) {
  Road road;
  road.hand(LaneCommand::pause);
  EXPECT_FALSE(of(road, {"transactional", 1, 0, 5}).gone);
}

TEST(Forecast, AnotherClassThatWaitsForTheLaneHasItsTurns) {
  Road road(with([](PlanOptions& plan) { plan.start = plan.target = 100, plan.surge = 1; }));
  Demand demand{"bulk", 500, 0, 60, {{"transactional", 300}}};
  EXPECT_EQ(of(road, demand).days.front().sent, 25U) << "by weight 1 to 3";
  demand.rivals.front().waiting = 40;
  EXPECT_EQ(of(road, demand).days.front().sent, 60U) << "all of the few";
  EXPECT_EQ(of(road, demand).days.at(1).sent, 100U);
}

TEST(Forecast, QueuesThatWaitForTheSameTotalHaveTheirTurns) {
  Road lane, total;
  total.rules.overall = true;
  Way way{lane.with_rules(), total.with_rules(), {{19, 19 * 50}}};
  const Forecast found = forecast({way}, {"bulk", 10, 0, 60}, lane.now);
  EXPECT_EQ(found.days.front().sent, 5U);
  EXPECT_EQ(found.days.size(), 2U);
}

TEST(Forecast, NoLanesNoDays) { EXPECT_TRUE(forecast({}, {"bulk", 5, 0, 5}, utc("2026-11-20 00:00")).days.empty()); }

TEST(Forecast, LeavesTheLaneAlone) {
  Road road;
  road.send(5);
  const Lane before = road.lane;
  of(road, {"bulk", 5'000, 0, 60});
  EXPECT_EQ(road.lane, before);
}

}  // namespace
}  // namespace warmup
