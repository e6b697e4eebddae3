// Lanes as rows and in full, the operator's hand on them, and the gates before a message.
#include <sysexits.h>

#include <boost/json/serialize.hpp>

#include "desk_of_the_operator.h"
#include "mta/ctl/fields.h"
#include "mta/ctl/lane_page.h"
#include "mta/ctl/lane_table.h"
#include "mta/ctl/session.h"

namespace mta::ctl {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Look utf8{.utf8 = true, .colour = false, .width = 100};
const Look in_colour{.utf8 = true, .colour = true, .width = 100};
const WallTime nine{std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + std::chrono::hours(9)};

// mta/control/JSON.md "lane"; `more` replaces or adds members.
json::object lane(const json::object& more = {}) {
  json::object made = object_of(R"({"source":"ip-1","provider":"google","overall":false,"plan":"default","state":"warming",
    "phase":"warming","brake":"none","pin":null,"stage":3,"cap":172,"curve_cap":172,"enforced":true,"sent":40,"delivered":39,
    "reserved":2,"pending":1,"left":129,"day_started":"2026-11-21T00:00:00Z","day_ends":"2026-11-22T00:00:00Z","waiting":1234,
    "next_permit":"2026-11-21T09:04:10Z","eta":"2026-11-28T14:00:00Z","connections":2,"would_hold":0,
    "today":{"attempts":45,"delivered":39,"greylisted":1,"rate_limited":0,"unknown_user":1,"reputation_block":0},
    "reason":"","evidence":[],"acknowledged":false,"history":[{"day":"2026-11-20","stage":2,"cap":144,"sent":72,"delivered":70}]})");
  for (const auto& [name, value] : more) made[name] = value;
  return made;
}

std::string rows(const json::array& lanes, const Look& look = utf8) { return draw_lanes(lanes, nine, false, look); }
std::string row(const json::object& more, const Look& look = utf8) { return rows(json::array{lane(more)}, look); }

TEST(StoredLanes, ATotalStandsBeneathItsLanesHoweverBusyItIs) {
  const std::string page =
      rows(json::array{lane({{"provider", "(all)"}, {"overall", true}, {"cap", 860}, {"sent", 300}, {"waiting", 9999}}), lane()});
  EXPECT_LT(page.find("google"), page.find("(all)"));
  EXPECT_THAT(page, HasSubstr("ip-1    (all)     warming      3  ██▌░░░░░ 300/860"));
  EXPECT_TRUE(fits(page, 100));
}

TEST(StoredLanes, TheSurgeGuardIsNamedWhereItIsBelowTheCurve) {
  EXPECT_THAT(row({{"cap", 172}, {"curve_cap", 300}}), HasSubstr("surge guard: 172 today instead of 300"));
  EXPECT_THAT(row({}), Not(HasSubstr("surge")));
  EXPECT_THAT(row({{"cap", 2000}, {"curve_cap", nullptr}, {"state", "warm"}}),
              Not(HasSubstr("surge")));  // a warm lane has no other limit
}

TEST(StoredLanes, ABrakeIsShownWithTheRemotesWordsAndALaneThatGoesOnWithNone) {
  const json::array said{json::object{{"at", "2026-11-21T08:58:00Z"}, {"text", "421 4.7.28 unusual rate"}}};
  EXPECT_THAT(
      row({{"state", "cooling"}, {"brake", "cooling"}, {"reason", "rate limited: cooling for 5 min"}, {"evidence", said}}),
      HasSubstr("rate limited: cooling for 5 min: 21 Nov 08:58 421 4.7.28 unusual rate"));
  EXPECT_THAT(row({{"evidence", said}}), Not(HasSubstr("unusual rate")));
}

TEST(StoredLanes, WhatALaneLearnedStandsBesideItsStage) {
  EXPECT_THAT(row({{"growth", 1.29}}), HasSubstr("warming  3 ×1.29  "));
  EXPECT_THAT(row({{"growth", 1.3}}, {.utf8 = false, .colour = false, .width = 100}), HasSubstr("warming  3 x1.30  "));
  EXPECT_THAT(row({{"growth", nullptr}}), Not(HasSubstr("×")));
}

TEST(StoredLanes, AnOperatorsHandIsMarkedAndWhatLiesBehindItIsSaid) {
  const std::string page =
      row({{"state", "paused"}, {"pin", "paused"}, {"brake", "cooling"}, {"reason", "paused by ann: new DNS"}});
  EXPECT_THAT(page, HasSubstr("! "));
  EXPECT_THAT(page, HasSubstr("paused*"));
  EXPECT_THAT(page, HasSubstr("paused by ann: new DNS; also cooling"));
  EXPECT_THAT(page, HasSubstr("* set by an operator"));
}

TEST(StoredLanes, APlanThatOnlyWatchesSaysWhatItWouldHaveHeld) {
  EXPECT_THAT(row({{"enforced", false}, {"would_hold", 1200}}),
              HasSubstr("its plan only watches; it would have held 1,200 today"));
  EXPECT_THAT(row({{"enforced", false}, {"plan", nullptr}, {"cap", nullptr}}), Not(HasSubstr("watched")));
}

TEST(StoredLanes, WhatIsAcknowledgedDoesNotShout) {
  const json::object held{{"state", "held"}, {"reason", "bounces 6.2% of 310, above 3%"}};
  json::object seen = held;
  seen["acknowledged"] = true;
  EXPECT_THAT(row(held, in_colour), HasSubstr("\x1b[33mbounces"));
  EXPECT_THAT(row(seen, in_colour), HasSubstr("\x1b[2mbounces"));
}

TEST(OneLane, ItsDayItsAnswersAndItsEvidenceAreTold) {
  const json::array said{json::object{{"at", "2026-11-21T08:30:00.000Z"}, {"text", "421 4.7.28 unusual\x1b[2J rate"}}};
  const std::string page = draw_lane(lane({{"evidence", said}}), nine, utf8);
  EXPECT_THAT(page, HasSubstr("today     40 of 172 sent, 39 delivered, 2 in conversation, 1 greylisted; 129 left, until 22 Nov"));
  EXPECT_THAT(page, HasSubstr("answers   39 delivered, 1 greylisted, 1 unknown_user\n"));
  EXPECT_THAT(page, HasSubstr("open      2 connections\n"));
  EXPECT_THAT(page, HasSubstr("EVIDENCE\n    21 Nov 08:30 421 4.7.28 unusual\\u001b[2J rate\n"));
  EXPECT_TRUE(fits(page, 100));
}

TEST(OneLane, OfAPlanThatLearnsHasACurveOfItsGrowth) {
  const json::array history{
      {{"day", "2026-11-19"}, {"stage", 1}, {"growth", 1.23}, {"cap", 120}, {"sent", 120}, {"delivered", 120}},
      {{"day", "2026-11-20"}, {"stage", 2}, {"growth", 1.26}, {"cap", 147}, {"sent", 147}, {"delivered", 147}}};
  const std::string page = draw_lane(lane({{"growth", 1.29}, {"history", history}}), nine, utf8);
  EXPECT_THAT(page, HasSubstr("2026-11-20  2 ×1.26   147  147        147"));
  EXPECT_THAT(page, HasSubstr("today       3 ×1.29    40  172         39"));
  EXPECT_THAT(page, HasSubstr("Growth from stage to stage, in percent\n29 │"));
  EXPECT_TRUE(fits(page, 100));
  EXPECT_THAT(draw_lane(lane(), nine, utf8), Not(HasSubstr("Growth")));
}

TEST(OneLane, ThePlotShowsCapsByLengthAndWhatWasSentByInk) {
  const std::string page = draw_lane(lane(), nine, utf8);
  EXPECT_THAT(
      page,
      HasSubstr("2026-11-20      2    72  144         70  ████████████████▌░░░░░░░░░░░░░░░░\n"));  // 144 of 172 columns of 40
  EXPECT_THAT(page, HasSubstr("today           3    40  172         39  █████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░\n"));
}

TEST(OneLane, WithoutAPlanThereIsNoDayToSpeakOf) {
  const std::string page =
      draw_lane(lane({{"plan", nullptr}, {"cap", nullptr}, {"left", nullptr}, {"history", json::array{}}}), nine, utf8);
  EXPECT_THAT(page, HasSubstr("today     40 sent, 39 delivered"));
  EXPECT_THAT(page, Not(HasSubstr("until")));
  EXPECT_THAT(page, Not(HasSubstr("STAGE")));
}

TEST(OneLane, FitsANarrowTerminal) {
  EXPECT_TRUE(fits(draw_lane(lane(), nine, {.utf8 = true, .colour = false, .width = 60}), 60));
}

class LaneVerbs : public DeskOfTheOperator {
 protected:
  void answer(const json::value& body, unsigned status = 200) {
    answers.push_back({status, "application/json", json::serialize(body)});
  }
  json::object done(const std::string& change, const std::string& reason) {
    return {{"now", "2026-11-21T09:00:00.000Z"},
            {"source", "ip-1"},
            {"provider", "google"},
            {"changes", json::array{json::object{{"change", change}, {"reason", reason}}}},
            {"lane", lane()}};
  }
};

TEST_F(LaneVerbs, APauseSaysWhoHowLongAndWhy) {
  answer(done("paused", "paused for 4 h by operator: new DNS"));
  EXPECT_EQ(run({"lane", "pause", "ip-1", "google", "--for", "4h", "--reason", "new DNS"}), EX_OK) << err;
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].method, "POST");
  EXPECT_EQ(questions[0].path, "/api/v1/lane/pause");
  EXPECT_EQ(questions[0].query,
            (Query{{"by", "operator"}, {"for", "14400"}, {"provider", "google"}, {"reason", "new DNS"}, {"source", "ip-1"}}));
  EXPECT_THAT(out, testing::StartsWith("ip-1 google: paused for 4 h by operator: new DNS\n\n   SOURCE  PROVIDER"));
}

TEST_F(LaneVerbs, EveryHandHasItsEndpoint) {
  for (const std::string hand : {"resume", "hold", "undo", "ack"}) {
    answer(done(hand, ""));
    EXPECT_EQ(run({"lane", hand, "ip-1", "google"}), EX_OK) << err;
    EXPECT_EQ(questions.back().path, "/api/v1/lane/" + hand);
    EXPECT_THAT(out, HasSubstr("ip-1 google: " + hand + "\n"));
  }
}

TEST_F(LaneVerbs, SetNeedsItsStageAndJsonIsTheDaemonsOwn) {
  EXPECT_EQ(run({"lane", "set", "ip-1", "google"}), EX_USAGE);
  EXPECT_EQ(run({"lane", "set", "ip-1", "google", "--stage", "-1"}), EX_USAGE);
  EXPECT_THAT(questions, IsEmpty());
  const json::object reply = done("set", "stage 5 by operator");
  answer(reply);
  EXPECT_EQ(run({"lane", "set", "ip-1", "google", "--stage", "5", "--json"}), EX_OK);
  EXPECT_EQ(questions[0].query.at("stage"), "5");
  EXPECT_EQ(out, json::serialize(reply) + "\n");
}

TEST_F(LaneVerbs, NonsenseIsNotAsked) {
  EXPECT_EQ(run({"lane"}), EX_USAGE);
  EXPECT_EQ(run({"lane", "pause", "ip-1"}), EX_USAGE);
  EXPECT_EQ(run({"lane", "pause", "ip-1", "google", "--for", "4 hours"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("--for: expected a duration like \"4h\""));
  EXPECT_EQ(run({"lane", "ack", "ip-1", "google", "--for", "4h"}), EX_USAGE);
  EXPECT_THAT(questions, IsEmpty());
}

TEST_F(LaneVerbs, NothingThatChangedIsSaidToo) {
  json::object reply = done("", "");
  reply["changes"] = json::array{};
  answer(reply);
  EXPECT_EQ(run({"lane", "ack", "ip-1", "google"}), EX_OK);
  EXPECT_THAT(out, testing::StartsWith("ip-1 google: noted"));
}

TEST_F(LaneVerbs, WhatTheDaemonRefusesIsSaidInItsWords) {
  answer(json::object{{"title", "lane undo"}, {"status", 400}, {"detail", "there is nothing to undo"}}, 400);
  EXPECT_EQ(run({"lane", "undo", "ip-1", "google"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("there is nothing to undo"));
  answer(json::object{{"title", "no such source"}, {"status", 404}, {"detail", "there is no source ip-9, only ip-1"}}, 404);
  EXPECT_EQ(run({"lane", "pause", "ip-9", "google"}), 1);
}

TEST_F(LaneVerbs, HistoryShowsDaysAndEveryChangeWithItsEvidence) {
  json::object told = lane();
  told["changes"] = json::array{json::object{{"time", "2026-11-19T00:00:00.000Z"},
                                             {"change", "advanced"},
                                             {"stage", 2},
                                             {"cap", 144},
                                             {"reason", "stage 2, cap 144"},
                                             {"evidence", json::array{}}},
                                json::object{{"time", "2026-11-20T10:15:00.000Z"},
                                             {"change", "cooled"},
                                             {"stage", 2},
                                             {"cap", 144},
                                             {"reason", "rate limited: cooling for 5 min"},
                                             {"evidence", json::array{"421 4.7.28 unusual rate", "421 again"}}}};
  answer(json::object{{"now", "2026-11-21T09:00:00.000Z"}, {"lane", told}});
  EXPECT_EQ(run({"lane", "history", "ip-1", "google"}), EX_OK) << err;
  EXPECT_EQ(questions[0].path, "/api/v1/lane/history");
  EXPECT_EQ(questions[0].query, (Query{{"provider", "google"}, {"source", "ip-1"}}));
  EXPECT_THAT(out, HasSubstr("19 Nov 00:00  advanced      2  144  stage 2, cap 144\n"));
  EXPECT_THAT(
      out,
      HasSubstr(
          "20 Nov 10:15  cooled        2  144  rate limited: cooling for 5 min\n  └ 421 4.7.28 unusual rate (and 1 more)\n"));
  EXPECT_TRUE(fits(out, 100));
}

TEST_F(LaneVerbs, AHistoryWithoutAPlanHasNoStage) {
  answer(json::object{
      {"now", "2026-11-21T09:00:00.000Z"},
      {"lane",
       {{"source", "ip-1"},
        {"provider", "google"},
        {"plan", nullptr},
        {"stage", nullptr},
        {"sent", 3},
        {"delivered", 3},
        {"history", json::array{{{"day", "2026-11-20"}, {"stage", nullptr}, {"cap", nullptr}, {"sent", 72}, {"delivered", 70}}}},
        {"changes",
         json::array{{{"time", "2026-11-20T10:15:00.000Z"}, {"change", "cooled"}, {"stage", nullptr}, {"cap", nullptr}}}}}}});
  EXPECT_EQ(run({"lane", "history", "ip-1", "google"}), EX_OK) << err;
  EXPECT_THAT(out, testing::ContainsRegex("2026-11-20 +–+ +72 +– +70"));
  EXPECT_THAT(out, testing::ContainsRegex("cooled +– +–"));
}

TEST_F(LaneVerbs, AHistoryThatRepeatsItselfSaysHowOften) {
  json::array changes;
  for (int hour = 0; hour < 10; ++hour) {
    const auto at = [&](const char* minute) { return "2026-11-20T0" + std::to_string(hour) + ":" + minute + ":00.000Z"; };
    changes.push_back(json::object{{"time", at("00")}, {"change", "cooled"}, {"reason", "rate limited: cooling for 10 min"}});
    changes.push_back(json::object{{"time", at("10")}, {"change", "reopened"}, {"reason", "a probe was accepted"}});
  }
  changes.push_back(json::object{{"time", "2026-11-21T00:00:00.000Z"}, {"change", "advanced"}, {"reason", "stage 3"}});
  json::object told = lane();
  told["changes"] = changes;
  answer(json::object{{"now", "2026-11-21T09:00:00.000Z"}, {"lane", told}});
  EXPECT_EQ(run({"lane", "history", "ip-1", "google"}), EX_OK) << err;
  EXPECT_EQ(out.find("cooling for 10 min"), out.rfind("cooling for 10 min"));
  EXPECT_THAT(out, HasSubstr("20 Nov 09:10  … 9 more"));
  EXPECT_THAT(out, HasSubstr("stage 3"));
}

// A gate of the recipient with words.
json::object gate(const std::string& name, const std::string& text, bool open, const char* next = nullptr) {
  return {{"gate", name}, {"text", text}, {"open", open}, {"next", next == nullptr ? json::value(nullptr) : json::value(next)}};
}
// A gate of a lane, or with "(all)" of its source's total, with numbers.
json::object gate(const std::string& name, const std::string& source, const std::string& provider,
                  std::pair<unsigned, unsigned> used, bool open, const char* next = nullptr) {
  json::object made = gate(name, "", open, next);
  made["source"] = source;
  made["provider"] = provider;
  made["value"] = used.first;
  made["limit"] = used.second;
  return made;
}
json::object head(const std::string& source, const std::string& text, bool open, const char* next = nullptr) {
  json::object made = gate("lane", text, open, next);
  made["source"] = source;
  made["provider"] = "google";
  made["limit_text"] = "plan default";
  return made;
}

class WhyLanes : public LaneVerbs {
 protected:
  void asks(const json::array& gates) {
    const json::object recipient{{"id", "A/0"}, {"recipient", "a@example.com"}, {"in_conversation", false}, {"gates", gates}};
    answer(json::object{{"id", "A"}, {"now", "2026-11-21T09:00:00Z"}, {"recipients", json::array{recipient}}});
    EXPECT_EQ(run({"why", "A"}), EX_OK) << err;
  }
  const char* midnight = "2026-11-22T00:00:00Z";
  json::object due = gate("retry", "not tried yet", true);
  json::object shut = head("ip-1", "cold", false, midnight);
  json::object cap = gate("cap", "ip-1", "google", {5, 5}, false, midnight);
};

TEST_F(WhyLanes, TheRemotesWordsAreShownWhole) {
  const std::string words =
      "451 4.4.1 gmail-smtp-in.l.google.com (192.0.2.1:25): connection refused, and more words of that kind";
  asks({due, gate("site", words, false, midnight)});
  EXPECT_THAT(out, HasSubstr("└ 451 4.4.1 gmail-smtp-in.l.google.com (192.0.2.1:25): connection refused"));
  EXPECT_THAT(out, HasSubstr("words of that\n    kind"));
}

TEST_F(WhyLanes, TheGateOfTheLaneThatOpensLastIsTheAnswer) {
  asks({due, head("ip-1", "warming, stage 3", false, midnight), gate("connections", "ip-1", "google", {0, 5}, true),
        gate("cap", "ip-1", "google", {1720, 1720}, false, midnight),
        gate("pace", "ip-1", "google", {1720, 900}, false, "2026-11-21T12:00:00Z"),
        gate("cap", "ip-1", "(all)", {1720, 8600}, true)});
  EXPECT_THAT(out, HasSubstr("waits for: cap of ip-1 to google, opens in 15h (22 Nov 2026 00:00:00 UTC)\n"));
  EXPECT_THAT(out, HasSubstr("✗  lane ip-1 to google  warming, stage 3  plan default"));
  EXPECT_THAT(out, HasSubstr("✗    cap                1,720             1,720         in 15h\n"));
  EXPECT_THAT(out, HasSubstr("✓    all mail: cap      1,720             8,600"));
  EXPECT_TRUE(fits(out, 100));
}

TEST_F(WhyLanes, AnOpenGateOfAShutLaneOpensNothing) {
  asks({due, shut, gate("pace", "ip-1", "google", {1, 5}, true), gate("cap", "ip-1", "(all)", {500, 500}, false, midnight)});
  EXPECT_THAT(out, HasSubstr("waits for: cap of all mail by ip-1, opens in 15h"));
}

TEST_F(WhyLanes, OneOpenLaneIsEnoughAndOfShutOnesTheFirstToOpenCounts) {
  asks({due, shut, cap, head("ip-2", "warm", true)});
  EXPECT_THAT(out, HasSubstr("may go now"));
  const char* soon = "2026-11-21T09:05:00Z";
  json::object brake = gate("brake", "ip-2", "google", {0, 0}, false, soon);
  brake["state"] = "cooling";
  asks({due, shut, cap, head("ip-2", "cooling", false, soon), brake});
  EXPECT_THAT(out, HasSubstr("waits for: lane ip-2 to google, which is cooling, opens in 5m"));
}

TEST_F(WhyLanes, AnAddressThatIsNotHereIsTheAnswerUnlessAnotherLaneOpens) {
  const json::object away = head("ip-1", "warming, stage 3", false);
  const json::object address = gate("address", "ip-1", "google", {0, 0}, false);
  asks({due, away, address});
  EXPECT_THAT(out, HasSubstr("waits for: the address of ip-1, which is not on this host\n"));
  asks({due, away, address, head("ip-2", "cold", false, midnight), gate("cap", "ip-2", "google", {5, 5}, false, midnight)});
  EXPECT_THAT(out, HasSubstr("waits for: cap of ip-2 to google, opens in 15h"));
}

TEST_F(WhyLanes, ALaneWithAllItsConnectionsOpenIsShutToo) {
  asks({due, head("ip-1", "warm", true), gate("connections", "ip-1", "google", {5, 5}, false)});
  EXPECT_THAT(out, HasSubstr("waits for: connections of ip-1 to google\n"));
}

TEST_F(WhyLanes, WhicheverOfRetryAndLaneOpensLater) {
  asks({gate("retry", "tried once", false, "2026-11-21T09:05:00Z"), shut, cap});
  EXPECT_THAT(out, HasSubstr("waits for: cap of ip-1 to google, opens in 15h"));
  asks({gate("retry", "tried 9 times", false, "2026-11-23T09:00:00Z"), shut, cap});
  EXPECT_THAT(out, HasSubstr("waits for: retry, opens in 2d"));
}

}  // namespace
}  // namespace mta::ctl
