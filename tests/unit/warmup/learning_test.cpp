// Growth that learns: WARMUP.md §2. The plan of these tests begins with 100 × 1.2 and may learn up to 1.3.
#include "road.h"
#include "warmup/lane_curve.h"
#include "warmup/lane_row.h"

namespace warmup {
namespace {

PlanOptions learning(const std::function<void(PlanOptions&)>& more = [](PlanOptions&) {}) {
  return with([&](PlanOptions& plan) {
    plan.growth_max = 1.3;
    more(plan);
  });
}

double growth(Road& road) { return factor_of(growth_of(road.with_rules()).value_or(0)); }
Recipients cap(Road& road, unsigned stage) { return LaneCurve(road.with_rules()).cap(stage); }

TEST(Learning, EveryFullAndCleanDayAddsThreeHundredthsForTheNextStage) {
  Road road(learning());
  const std::vector<std::pair<Recipients, double>> days{{100, 1.2}, {120, 1.23}, {147, 1.26}, {185, 1.29},
                                                        {239, 1.3}, {311, 1.3},  {405, 1.3}};
  for (const auto& [cap, grows] : days) {
    EXPECT_EQ(road.lane.today.cap, cap);
    EXPECT_EQ(road.lane.today.limit, cap);
    EXPECT_DOUBLE_EQ(growth(road), grows);
    EXPECT_EQ(road.lane.today.growth, millionths_of(grows));
    road.use_day(cap);
  }
  EXPECT_EQ(road.changes.front().reason, "stage 1, cap 120, growth ×1.23");
}

TEST(Learning, ADayOfNineTenthsIsFullAndOneOfLessEarnsItsStageOnly) {
  Road road(learning());
  road.use_day(90);
  EXPECT_DOUBLE_EQ(growth(road), 1.23);
  road.use_day(107);
  EXPECT_EQ(road.lane.stage, 2U);
  EXPECT_EQ(road.lane.today.cap, 147U);
  EXPECT_DOUBLE_EQ(growth(road), 1.23);
}

TEST(Learning, ADayThatTheSurgeGuardCutShortIsFullByItsLimit) {
  Road road(learning([](PlanOptions& plan) { plan.surge = 1; }));
  road.use_day(100);
  road.use_day(60);
  road.use_day(100);
  ASSERT_TRUE(road.lane.today.surged);
  const Recipients limit = *road.lane.today.limit;
  ASSERT_LT(limit, *road.lane.today.cap);
  const double before = growth(road);
  road.use_day(limit);
  EXPECT_DOUBLE_EQ(growth(road), before + 0.03);
}

TEST(Learning, WithoutAFullDayTheCurveIsTheClosedForm) {
  Road road(learning([](PlanOptions& plan) { plan.surge = 0; }));
  const Curve curve{PlanOptions{}};
  for (unsigned stage = 0; stage < curve.last(); ++stage) {
    ASSERT_EQ(road.lane.stage, stage);
    EXPECT_EQ(road.lane.today.cap, curve.cap(stage));
    EXPECT_EQ(LaneCurve(road.with_rules()).last(), curve.last());
    road.use_day(*road.lane.today.cap * 6 / 10);
  }
  EXPECT_EQ(road.lane.phase, Phase::warm);
  EXPECT_EQ(road.lane.stage, curve.last());
}

TEST(Learning, AShareFromAThirdOfItsBoundOnTeachesNothing) {
  for (const auto& [verdict, bad, grows] :
       std::vector<std::tuple<Verdict, Recipients, double>>{{Verdict::unknown_user, 1, 1.23},  // of 101, a third of 3 % is 1 %
                                                            {Verdict::unknown_user, 2, 1.2},
                                                            {Verdict::rate_limited, 1, 1.23},  // a third of 5 %
                                                            {Verdict::rate_limited, 2, 1.2},
                                                            {Verdict::spam_content, 1, 1.23},
                                                            {Verdict::spam_content, 2, 1.2},
                                                            {Verdict::temporary, 9, 1.23}}) {
    Road road(learning());
    road.answers(verdict, bad);
    road.use_day(100);
    EXPECT_EQ(road.lane.stage, 1U);
    EXPECT_DOUBLE_EQ(growth(road), grows) << name(verdict) << ' ' << bad;
  }
  Road road(learning());
  complained(road.lane, 1, road.now);
  road.use_day(100);
  EXPECT_DOUBLE_EQ(growth(road), 1.2) << "one complaint of 100 is far above a third of 0.1 %";
}

TEST(Learning, ADayWithABrakeTeachesNothing) {
  Road road(learning());
  road.rate_limit();
  road.probe_meets(Verdict::delivered);
  road.use_day(100);
  EXPECT_EQ(road.lane.stage, 1U);
  EXPECT_DOUBLE_EQ(growth(road), 1.2);
}

TEST(Learning, AHoldHalvesItDownToItsLeast) {
  auto road = at_stage(2, learning());
  road->answers(Verdict::rate_limited, 25);
  road->use_day(140);
  EXPECT_EQ(road->lane.stage, 2U);
  EXPECT_EQ(road->lane.today.cap, 147U);
  EXPECT_DOUBLE_EQ(growth(*road), 1.13);
  EXPECT_EQ(road->lane.reason, "rate limits 15.2% of 165, above 5%: stage 2 again, growth ×1.13");
  road->answers(Verdict::rate_limited, 25);
  road->use_day(140);
  EXPECT_DOUBLE_EQ(growth(*road), 1.1);
  road->use_day(147);
  EXPECT_EQ(road->lane.today.cap, 162U) << "147.6 · 1.1";
  EXPECT_DOUBLE_EQ(growth(*road), 1.13) << "and it learns again";
}

TEST(Learning, AStepBackGoesToTheCapOfThatStageAndOnByTheLeastGrowth) {
  auto road = at_stage(4, learning());
  ASSERT_EQ(road->lane.today.cap, 239U);
  road->answers(Verdict::rate_limited, 80);
  road->use_day(180);
  EXPECT_EQ(road->lane.stage, 2U);
  EXPECT_EQ(road->lane.today.cap, 147U);
  EXPECT_EQ(road->lane.today.limit, 147U) << "which is the best day now";
  EXPECT_DOUBLE_EQ(growth(*road), 1.1);
  road->use_day(147);
  EXPECT_EQ(road->lane.today.cap, 162U);
  road->use_day(162);
  EXPECT_EQ(road->lane.today.cap, 183U) << "162.36 · 1.13";
  EXPECT_EQ(cap(*road, 2), 147U);
  EXPECT_EQ(cap(*road, 1), 120U);
}

TEST(Learning, AStepBackOfNoStagesIsAHold) {
  auto road = at_stage(3, learning([](PlanOptions& plan) { plan.step_back = 0; }));
  road->answers(Verdict::rate_limited, 80);
  road->use_day(180);
  EXPECT_EQ(road->lane.stage, 3U);
  EXPECT_DOUBLE_EQ(growth(*road), 1.145);
}

TEST(Learning, WhatAnOperatorHoldsTeachesNothing) {
  Road road(learning());
  road.hand(LaneCommand::hold);
  road.use_day(100);
  EXPECT_EQ(road.lane.stage, 0U);
  EXPECT_DOUBLE_EQ(growth(road), 1.2);
}

TEST(Learning, IsUndoneWithTheStepBackTheHoldAndTheStageThatWasWon) {
  auto road = at_stage(4, learning());
  road->answers(Verdict::rate_limited, 80);
  road->use_day(180);
  ASSERT_EQ(road->lane.stage, 2U);
  road->hand(LaneCommand::undo);
  EXPECT_EQ(road->lane.stage, 4U);
  EXPECT_EQ(road->lane.today.cap, 239U);
  EXPECT_DOUBLE_EQ(growth(*road), 1.3);
  road->answers(Verdict::rate_limited, 25);
  road->use_day(200);
  ASSERT_DOUBLE_EQ(growth(*road), 1.15);
  road->hand(LaneCommand::undo);
  EXPECT_DOUBLE_EQ(growth(*road), 1.3);
  EXPECT_EQ(road->lane.today.growth, 1'300'000U);
  Road other(learning());
  other.use_day(100);
  other.hand(LaneCommand::undo);
  EXPECT_EQ(other.lane.stage, 0U);
  EXPECT_DOUBLE_EQ(growth(other), 1.2);
  EXPECT_EQ(other.lane.growth, Growth{});
}

TEST(Learning, AColdLaneForgetsAndAnUndoneDecayRemembers) {
  auto road = at_stage(3, learning([](PlanOptions& plan) { plan.cold_after = 9 * 24h; }));
  road->pass_days(9);
  ASSERT_EQ(road->lane.phase, Phase::cold);
  EXPECT_EQ(road->lane.growth, Growth{});
  EXPECT_DOUBLE_EQ(growth(*road), 1.2);
  road->hand(LaneCommand::undo);
  EXPECT_EQ(road->lane.stage, 3U);
  EXPECT_EQ(road->lane.today.cap, 185U);
  EXPECT_DOUBLE_EQ(growth(*road), 1.29);
}

TEST(Learning, AnIdleLaneLosesStagesAndKeepsItsGrowth) {
  auto road = at_stage(4, learning());
  road->pass_days(12);
  EXPECT_EQ(road->lane.stage, 2U);
  EXPECT_EQ(road->lane.today.cap, 147U);
  EXPECT_DOUBLE_EQ(growth(*road), 1.3);
}

TEST(Learning, AStageThatIsSetHasTheCapThatItHadOrGoesOnByTheGrowthOfNow) {
  auto road = at_stage(3, learning());
  road->hand(LaneCommand::set, 5);
  EXPECT_EQ(road->lane.today.cap, 309U) << "185.976 · 1.29 · 1.29";
  road->hand(LaneCommand::set, 1);
  EXPECT_EQ(road->lane.today.cap, 120U);
  EXPECT_DOUBLE_EQ(growth(*road), 1.29);
  road->use_day(120);
  EXPECT_EQ(road->lane.today.cap, 154U) << "120 · 1.29: the way from here is a new one";
  const unsigned last = LaneCurve(road->with_rules()).last();
  EXPECT_EQ(cap(*road, last), 50'000U);
  EXPECT_LT(cap(*road, last - 1), 50'000U);
  EXPECT_NE(road->hand(LaneCommand::set, last + 1).refused, "");
  road->hand(LaneCommand::set, last);
  EXPECT_EQ(road->lane.phase, Phase::warm);
}

TEST(Learning, EndsAtTheTargetAndBeyondItGrowthIsThatOfThePlan) {
  Road road(learning([](PlanOptions& plan) { plan.target = 150; }));
  road.use_day(100);
  road.use_day(120);
  EXPECT_EQ(road.lane.phase, Phase::warming);
  road.use_day(147);
  EXPECT_EQ(road.lane.phase, Phase::warm);
  EXPECT_EQ(road.lane.stage, 3U);
  EXPECT_FALSE(road.lane.today.cap);
  EXPECT_EQ(road.lane.today.limit, 176U) << "1.2 · 147";
  Road bounded(learning([](PlanOptions& plan) { plan.target = 150, plan.max = 160; }));
  for (const Recipients n : {100, 120, 147}) bounded.use_day(n);
  EXPECT_EQ(bounded.lane.today.limit, 160U) << "`max`";
  road.answers(Verdict::rate_limited, 80);
  road.use_day(170);
  EXPECT_EQ(road.lane.phase, Phase::warming);
  EXPECT_EQ(road.lane.today.cap, 120U);
}

TEST(Learning, ATotalDoesNot) {
  Road road;
  road.rules.overall = true;
  road.follow(learning());
  for (const Recipients cap : {100, 120, 144, 172}) {
    EXPECT_EQ(road.lane.today.limit, cap);
    road.use_day(cap);
  }
  EXPECT_FALSE(growth_of(road.with_rules()));
}

TEST(LearningPlan, ThatIsFollowedFromNowOnKeepsStageAndCapAndSaysSo) {
  auto road = at_stage(5);
  ASSERT_EQ(road->lane.today.cap, 248U);
  road->follow(learning());
  road->advance_to();
  EXPECT_EQ(road->changes.back().reason, "the curve was changed: stage 5 → 5");
  EXPECT_EQ(road->lane.today.cap, 248U);
  EXPECT_EQ(road->lane.growth.steps.size(), 5U);
  road->use_day(248);
  EXPECT_EQ(road->lane.today.cap, 298U);
  EXPECT_DOUBLE_EQ(growth(*road), 1.23);
}

TEST(LearningPlan, ThatIsGivenUpLeavesTheHighestStageOfTheFixedCurveNotAboveItsCap) {
  auto road = at_stage(5, learning());
  ASSERT_EQ(road->lane.today.cap, 311U);
  road->follow(PlanOptions{});
  road->advance_to();
  EXPECT_EQ(road->lane.stage, 6U);
  EXPECT_EQ(road->lane.today.cap, 298U);
  EXPECT_EQ(road->lane.growth, Growth{});
}

TEST(LearningPlan, WithAnotherTargetOrBeginningKeepsWhatWasLearned) {
  auto road = at_stage(4, learning());
  road->follow(learning([](PlanOptions& plan) { plan.target = 1'000'000; }));
  road->advance_to();
  EXPECT_EQ(road->lane.stage, 4U);
  EXPECT_EQ(road->lane.today.cap, 239U);
  EXPECT_DOUBLE_EQ(growth(*road), 1.3);
  road->follow(learning([](PlanOptions& plan) { plan.start = 50; }));
  road->advance_to();
  EXPECT_EQ(road->lane.stage, 6U) << "50 60 73 92 119 155 202 262: two more, by the growth of now";
  EXPECT_EQ(road->lane.today.cap, 202U);
  road->follow(learning([](PlanOptions& plan) { plan.target = 200; }));
  road->advance_to();
  EXPECT_EQ(road->lane.phase, Phase::warm);
  EXPECT_LE(road->lane.today.limit, 202U) << "today's limit never rises by it";
}

TEST(LearningPlan, WithOtherBoundsChangesNoStageAndBoundsTheGrowth) {
  auto road = at_stage(3, learning());
  road->follow(learning([](PlanOptions& plan) { plan.growth_max = 1.25; }));
  road->advance_to();
  EXPECT_TRUE(road->changes.empty());
  EXPECT_EQ(road->lane.today.cap, 185U);
  EXPECT_DOUBLE_EQ(growth(*road), 1.25);
  road->use_day(185);
  EXPECT_EQ(road->lane.today.cap, 232U) << "185.976 · 1.25";
}

TEST(LearningPlan, ThatOnlyWatchedIsAdoptedAtTheHighestStageOfWhatItLearned) {
  auto road = at_stage(4, learning([](PlanOptions& plan) { plan.enforce = false; }));
  ASSERT_EQ(road->lane.stage_cap, 239U);
  road->follow(learning());
  road->advance_to();
  EXPECT_EQ(road->lane.stage, 1U) << "the median of 100, 120, 147 and 185 is 133";
  EXPECT_EQ(road->lane.today.cap, 120U);
  EXPECT_DOUBLE_EQ(growth(*road), 1.3);
}

TEST(LearningPlan, TakenAwayAndGivenBackBeginsToLearnAnew) {
  auto road = at_stage(4, learning());
  road->no_plan();
  road->advance_to();
  EXPECT_EQ(road->lane.growth, Growth{});
  road->follow(learning());
  road->advance_to();
  EXPECT_EQ(road->lane.stage, 1U);
  EXPECT_DOUBLE_EQ(growth(*road), 1.2);
}

TEST(LearningRow, WhatWasLearnedComesBackWithItsUndo) {
  auto road = at_stage(4, learning());
  road->answers(Verdict::rate_limited, 80);
  road->use_day(180);
  ASSERT_EQ(road->lane.undo.steps.size(), 2U);
  const auto back = decode_lane(encode(road->lane));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->growth, road->lane.growth);
  EXPECT_EQ(back->undo, road->lane.undo);
  EXPECT_EQ(back->today, road->lane.today);
  EXPECT_EQ(decode_day(encode(road->lane.history.back())), road->lane.history.back());
}

TEST(LearningRow, OfALaneThatNeverLearnedHasNothingOfIt) {
  auto road = at_stage(4);
  EXPECT_EQ(encode(road->lane).find("growth"), std::string::npos);
  EXPECT_EQ(encode(road->lane).find("steps"), std::string::npos);
}

// A lane of an older edition, whose plan learns since the upgrade.
TEST(LearningRow, OfAnOlderEditionGoesOnFromItsStage) {
  auto road = at_stage(5);
  auto old = decode_lane(encode(road->lane));
  ASSERT_TRUE(old);
  old->history = road->lane.history;
  road->lane = *old;
  road->follow(learning());
  road->use_day(248);
  EXPECT_EQ(road->lane.stage, 6U);
  EXPECT_EQ(road->lane.today.cap, 298U);
  EXPECT_DOUBLE_EQ(growth(*road), 1.23);
}

}  // namespace
}  // namespace warmup
