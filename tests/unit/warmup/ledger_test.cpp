// Charge, refund, kept places, crashes: WARMUP.md §3 (carry over), §4.
#include "warmup/ledger.h"

#include "road.h"
#include "warmup/lane_row.h"

namespace warmup {
namespace {

TEST(Ledger, APermitIsReservedAndThenChargedOrRefunded) {
  Road road(with([](PlanOptions& plan) { plan.pace = Pace::none; }));
  road.take(10);
  EXPECT_EQ(road.lane.reserved_of("bulk"), 10U);
  EXPECT_EQ(left(road.lane), 90U);
  charge(road.lane, "bulk", 4, road.now);
  refund(road.lane, "bulk", 6);
  EXPECT_EQ(road.lane.today.sent, 4U);
  EXPECT_EQ(road.lane.today.sent_by_class.at("bulk"), 4U);
  EXPECT_EQ(road.lane.reserved(), 0U);
  EXPECT_TRUE(road.lane.open.empty());
  EXPECT_EQ(left(road.lane), 96U);
}

TEST(Ledger, NothingBecomesNegative) {
  Road road;
  refund(road.lane, "bulk", 3);
  drop_place(road.lane, "bulk");
  charge(road.lane, "bulk", 1, road.now);
  EXPECT_EQ(road.lane.committed(), 1U);
}

TEST(Ledger, ADotBeforeMidnightCountsForTheDayInWhichItWasSent) {
  Road road;
  road.pass(23h + 59min);
  road.take(5);
  const Instant dot = road.now + 30s;
  road.pass(2min);
  charge(road.lane, "bulk", 3, dot);
  charge(road.lane, "bulk", 2, road.now);
  ASSERT_EQ(road.lane.history.size(), 1U);
  EXPECT_EQ(road.lane.history.back().sent, 3U);
  EXPECT_EQ(road.lane.today.sent, 2U);
}

TEST(Ledger, AnOlderDotFindsItsOwnDay) {
  Road road;
  const Instant dot = road.now + 1h;
  road.pass_days(3);
  charge(road.lane, "bulk", 1, dot);
  EXPECT_EQ(road.lane.history.front().sent, 1U);
  charge(road.lane, "bulk", 1, dot - 48h);
  EXPECT_EQ(road.lane.today.sent, 1U) << "before all that is remembered: today";
}

TEST(Ledger, OpenReservationsCarryOverToTheNextDay) {
  Road road;
  road.pass(23h);
  road.take(20);
  road.pass_day();
  EXPECT_EQ(road.lane.today.sent, 0U);
  EXPECT_EQ(left(road.lane), 80U);
}

TEST(Ledger, KeptPlacesCarryOverToTheNextDay) {
  Road road;
  road.take(2);
  keep_place(road.lane, "bulk");
  keep_place(road.lane, "bulk");
  EXPECT_EQ(road.lane.pending(), 2U);
  EXPECT_EQ(road.lane.reserved(), 0U);
  road.pass_day();
  EXPECT_EQ(left(road.lane), 98U);
}

TEST(Ledger, AKeptPlaceIsUsedByTheRetryAndDroppedWhenItEndsElsewhere) {
  Road road;
  road.take(2);
  keep_place(road.lane, "bulk");
  keep_place(road.lane, "bulk");
  use_place(road.lane, "bulk");
  EXPECT_EQ(road.lane.reserved(), 1U);
  EXPECT_EQ(road.lane.pending(), 1U);
  charge(road.lane, "bulk", 1, road.now);
  drop_place(road.lane, "bulk");
  EXPECT_EQ(road.lane.committed(), 1U);
  EXPECT_TRUE(road.lane.open.empty());
}

TEST(Ledger, AfterACrashWhatWasOpenIsChargedAndNothingStaysReserved) {
  Road road;
  road.take(3);
  keep_place(road.lane, "bulk");
  const auto kept = decode_lane(encode(road.lane));
  ASSERT_TRUE(kept);
  road.lane = *kept;
  charge(road.lane, "bulk", 2, road.now);
  forget_open(road.lane);
  EXPECT_EQ(road.lane.today.sent, 2U);
  EXPECT_EQ(road.lane.reserved(), 0U);
  EXPECT_EQ(road.lane.pending(), 1U) << "who waits for a greylister still does";
}

TEST(Ledger, AChargeMakesAColdLaneWarming) {
  Road road;
  EXPECT_EQ(road.lane.phase, Phase::cold);
  road.send(1);
  EXPECT_EQ(road.lane.phase, Phase::warming);
}

TEST(Answers, ARecipientCountsOnceADayWithItsLastVerdict) {
  Road road;
  count(road.lane, {Verdict::temporary, "a@example.com", {}}, road.now);
  count(road.lane, {Verdict::unknown_user, "a@example.com", Verdict::temporary}, road.now);
  EXPECT_EQ(road.lane.today.health, (Tally{1, 0, 1, 0, 0}));
  EXPECT_EQ(road.lane.today.outcomes.at("temporary"), 1U) << "outcomes are answers, all of them";
}

TEST(Answers, ARecipientThatWasRateLimitedOnceTodayCountsAsThat) {
  Road road;
  count(road.lane, {Verdict::rate_limited, "a@example.com", {}}, road.now);
  count(road.lane, {Verdict::delivered, "a@example.com", Verdict::rate_limited}, road.now);
  EXPECT_EQ(road.lane.today.health, (Tally{1, 1, 0, 0, 0}));
  EXPECT_EQ(road.lane.today.delivered, 1U);
}

TEST(Answers, GreylistingAndFailedConnectionsSayNothingOfHealth) {
  Road road;
  for (const Verdict verdict : {Verdict::greylisted, Verdict::connection_failed, Verdict::dns_failure})
    count(road.lane, {verdict, "", {}}, road.now);
  EXPECT_EQ(road.lane.today.health.answered, 0U);
  count(road.lane, {Verdict::rate_limited, "", {}}, road.now);
  count(road.lane, {Verdict::connection_failed, "", Verdict::rate_limited}, road.now);
  EXPECT_EQ(road.lane.today.health, (Tally{1, 1, 0, 0, 0})) << "nor does a failure take back what was said";
}

TEST(Answers, FailedConnectionsAndRetriesOfTheGreylistedAreNoAttempts) {
  Road road;
  count(road.lane, {Verdict::greylisted, "", {}}, road.now);
  count(road.lane, {Verdict::connection_failed, "", {}}, road.now);
  count(road.lane, {Verdict::delivered, "", {}, false}, road.now);
  EXPECT_EQ(road.lane.today.attempts, 1U);
}

TEST(Answers, ARefusalBeforeMailCountsWhenItIsSaidToDoSo) {
  Road road;
  Heard heard{Verdict::reputation_block, "", {}, false};
  heard.answered = false;
  count(road.lane, heard, road.now);
  EXPECT_EQ(road.lane.today.health.answered, 0U);
  EXPECT_EQ(road.lane.today.outcomes.at("reputation_block"), 1U);
  count(road.lane, {Verdict::rate_limited, "", {}, false}, road.now);
  EXPECT_EQ(road.lane.today.health, (Tally{1, 1, 0, 0, 0})) << "a rate refusal at connect counts one";
}

TEST(Answers, TheLastReplyOfEachBadVerdictIsKept) {
  Road road;
  count(road.lane, {Verdict::unknown_user, "", {}, true, true, "550 5.1.1 first"}, road.now);
  count(road.lane, {Verdict::unknown_user, "", {}, true, true, "550 5.1.1 second"}, road.now);
  count(road.lane, {Verdict::delivered, "", {}, true, true, "250 2.0.0 thanks"}, road.now);
  const auto said = samples_of(road.lane.today, FailureKind::bounces);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said.front().text, "550 5.1.1 second");
  EXPECT_TRUE(samples_of(road.lane.today, FailureKind::none).empty());
}

TEST(Answers, TheSenderOfMostBouncesIsFoundAmongThousands) {
  Road road;
  for (int i = 0; i < 3000; ++i) {
    count(road.lane,
          {Verdict::unknown_user, i % 4 == 0 ? std::string("old-list@example.com") : std::to_string(i) + "@example.com", {}},
          road.now);
  }
  const auto& senders = road.lane.today.bounced_senders;
  EXPECT_LE(senders.size(), 20U);
  const auto top =
      std::max_element(senders.begin(), senders.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  EXPECT_EQ(top->first, "old-list@example.com");
}

TEST(Answers, ComplaintsCountForTheDayOfTheComplaint) {
  Road road;
  road.pass_day();
  complained(road.lane, 2, road.now - 1h);
  complained(road.lane, 1, road.now);
  EXPECT_EQ(road.lane.history.back().health.complaints, 2U);
  EXPECT_EQ(road.lane.today.health.complaints, 1U);
}

}  // namespace
}  // namespace warmup
