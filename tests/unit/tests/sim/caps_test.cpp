// The judge of caps can say no: tests/sim/checker_caps.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/checker.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Instant monday{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}};

// A lane with plan 10 × 2 on its second day; ten left on the first and twenty on the second, and all were charged.
struct Case {
  warmup::PlanOptions plan;
  Evidence evidence;

  Case() {
    plan.start = 10, plan.growth = 2, plan.target = 1000;
    auto rules = std::make_shared<warmup::Rules>();
    rules->plan = &plan;
    rules->curve = warmup::Curve(plan);
    LaneSeen lane{std::string("192.0.2.10\0google", 17), "192.0.2.10", "google", {}, rules};
    lane.record.history.push_back(day("2026-01-05", monday, 0, 10));
    lane.record.today = day("2026-01-06", monday + 24h, 1, 20);
    evidence.lanes.push_back(lane);
    evidence.addresses = {{"ip-1", "192.0.2.10"}};
    evidence.providers = {{"gmail.test", "google"}, {"yahoo.test", "yahoo"}};
    leaves(monday + 1h, 10);
    leaves(monday + 30h, 20);
  }
  static warmup::Day day(const std::string& date, Instant from, unsigned stage, warmup::Recipients sent) {
    warmup::Day made;
    made.date = date;
    made.started = from;
    made.ends = from + 24h;
    made.stage = stage;
    made.cap = made.limit = 10U << stage;
    made.sent = sent;
    return made;
  }
  warmup::Day& today() { return evidence.lanes[0].record.today; }
  warmup::Day& yesterday() {
    auto& history = evidence.lanes[0].record.history;
    return history.change(history.begin());
  }
  void leaves(Instant at, std::size_t recipients, const std::string& domain = "gmail.test") {
    evidence.dots.push_back({at, asio::ip::make_address("192.0.2.10"), std::vector<std::string>(recipients, "a@" + domain)});
  }
  void bounces(Instant at, const std::string& verdict) {
    EventSeen event;
    event.at = at;
    event.type = "bounced";
    event.verdict = verdict;
    event.recipient = "nobody@gmail.test";
    event.source = "ip-1";
    event.provider = "google";
    evidence.events.push_back(event);
    evidence.strangers.push_back({at - 1s, asio::ip::make_address("192.0.2.10"), event.recipient});
  }
  std::string verdict() const {
    std::string text;
    for (const auto& promise : broken_caps(evidence)) text += promise + "\n";
    return text;
  }
};

TEST(Caps, WhatIsWithinThemIsRight) { EXPECT_EQ(Case().verdict(), ""); }

TEST(Caps, OneMoreThanTheCapIsFoundByWhatReceiversGot) {
  Case one_more;
  one_more.leaves(monday + 40h, 1);
  one_more.today().sent = 30;  // whatever the ledger says of it
  EXPECT_THAT(one_more.verdict(), HasSubstr("21 recipients left on 2026-01-06"));
}

TEST(Caps, OfAnotherProviderItIsAnotherCap) {
  Case elsewhere;
  elsewhere.leaves(monday + 40h, 100, "yahoo.test");
  EXPECT_EQ(elsewhere.verdict(), "");
}

TEST(Caps, TheLedgerMayNotSayLessThanWhatLeft) {
  Case forgotten;
  forgotten.today().sent = 19;
  EXPECT_THAT(forgotten.verdict(), HasSubstr("30 left and 29 were charged"));
  Case too_much;
  too_much.today().sent = 21;
  EXPECT_THAT(too_much.verdict(), HasSubstr("21 were charged, its limit is 20"));
}

TEST(Caps, WhoDoesNotExistIsCharged) {
  Case dirty;
  dirty.bounces(monday + 40h, "unknown_user");
  EXPECT_THAT(dirty.verdict(), HasSubstr("31 left and 30 were charged"));
  EXPECT_THAT(dirty.verdict(), HasSubstr("21 recipients left on 2026-01-06"));
  Case refused;
  refused.bounces(monday + 40h, "policy");
  EXPECT_EQ(refused.verdict(), "");
}

TEST(Caps, SoonAfterMidnightItMayBeOfTheDayBeforeIfThatHadRoom) {
  Case late;
  late.yesterday().sent = 10;
  late.evidence.dots[0].recipients.pop_back();  // nine on the first day …
  late.leaves(monday + 24h + 1min, 1);          // … and its tenth on the way at midnight
  EXPECT_EQ(late.verdict(), "");
  late.leaves(monday + 24h + 2min, 1);
  late.today().sent = 21;
  EXPECT_THAT(late.verdict(), HasSubstr("21 recipients left on 2026-01-06"));
}

TEST(Caps, LimitsAreThoseOfTheCurveOneStageADay) {
  Case raised;
  raised.today().limit = raised.today().cap = 21;
  EXPECT_THAT(raised.verdict(), HasSubstr("may send 21 on 2026-01-06, at stage 1 with cap 20"));
  Case jumped;
  jumped.today().stage = 2;
  jumped.today().limit = jumped.today().cap = 40;
  EXPECT_THAT(jumped.verdict(), HasSubstr("goes from stage 0 on 2026-01-05 to 2 on 2026-01-06"));
  Case begun_late;
  begun_late.yesterday().stage = 1;
  EXPECT_THAT(begun_late.verdict(), HasSubstr("begins at stage 1"));
}

TEST(Caps, PlacesBelongToSomebody) {
  Case kept;
  kept.evidence.lanes[0].record.open["bulk"] = {0, 1};
  EXPECT_THAT(kept.verdict(), HasSubstr("1 places are kept for 0 recipients"));
  RowSeen row;
  row.id = *queue::RecipientId::parse("0000000000001/0");
  row.recipient.place = kept.evidence.lanes[0].row;
  kept.evidence.rows.push_back(row);
  EXPECT_EQ(kept.verdict(), "");
  kept.evidence.lanes[0].record.open["bulk"] = {1, 1};
  EXPECT_THAT(kept.verdict(), HasSubstr("1 are reserved and nobody is in conversation"));
}

TEST(Caps, WhoIsKeptIsInOnePlace) {
  for (const auto& [lines, attempts] : {std::pair(0U, 0U), std::pair(1U, 1U), std::pair(2U, 0U)}) {
    Evidence evidence;
    evidence.rows.push_back({*queue::RecipientId::parse("0000000000001/0"), {}, lines, attempts});
    EXPECT_THAT(broken_promises(evidence), testing::Contains(HasSubstr("lines and")));
  }
}

}  // namespace
}  // namespace mta::sim
