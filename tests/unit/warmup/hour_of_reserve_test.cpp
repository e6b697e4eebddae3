// What of an hour a class has within its reserve: WARMUP.md §5.
#include "road.h"
#include "warmup/gate.h"

namespace warmup {
namespace {

TEST(HourOfReserve, LetsAClassHaveHalfOfTheCapWithinItsReserve) {
  Road road;
  road.classes.front().reserve = 0.4;
  ASSERT_EQ(road.classes.front().name, "transactional");
  EXPECT_EQ(road.granted("transactional"), 40U) << "its reserve, though a quarter is 25";
  road.send(30, "transactional");
  EXPECT_EQ(road.granted("transactional"), 10U) << "what is left of its reserve";
  road.send(10, "transactional");
  EXPECT_EQ(road.held("transactional").why, Why::hourly) << "beyond it a quarter is for all";
}

TEST(HourOfReserve, WhatOthersSentInTheHourLeavesAReserveTheRestOfHalfTheCap) {
  Road road(with([](PlanOptions& plan) { plan.pace = Pace::none; }));
  road.classes.front().reserve = 0.4;
  road.send(25, "bulk");
  EXPECT_EQ(road.held("bulk").why, Why::hourly);
  EXPECT_EQ(road.granted("transactional"), 25U);
  Road same(with([](PlanOptions& plan) { plan.pace = Pace::none, plan.hourly_reserved = 0.25; }));
  same.classes.front().reserve = 0.4;
  same.send(25, "bulk");
  EXPECT_EQ(same.held("transactional").why, Why::hourly) << "not where both are the same";
}

TEST(HourOfReserve, IsShownWithWhatItsReserveAdds) {
  Road road;
  const auto hour = [&](std::string_view mail_class) {
    const auto views = gates(road.with_rules(), {mail_class}, road.now);
    return std::ranges::find(views, Why::hourly, &GateView::why)->limit;
  };
  EXPECT_EQ(hour("bulk"), 25U);
  EXPECT_EQ(hour("transactional"), 30U) << "its reserve";
  road.send(10, "transactional");
  EXPECT_EQ(hour("transactional"), 30U);
  road.send(20, "transactional");
  EXPECT_EQ(hour("transactional"), 25U) << "beyond it what all have";
}

}  // namespace
}  // namespace warmup
