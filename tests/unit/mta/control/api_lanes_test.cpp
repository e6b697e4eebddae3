// The operator's hand on lanes, as warmupctl asks for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "mta/control/api.h"
#include "mta/scheduler/scheduler_thread.h"
#include "tests/sim/town.h"

namespace mta::sim {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using namespace std::chrono_literals;

using Query = std::map<std::string, std::string>;

class LanesApiTest : public testing::Test {
 protected:
  HttpReply ask(const std::string& method, const std::string& path, const Query& query) {
    Api api({out.server(), [] { return std::vector<std::string>{}; }});
    return town.world().loop.run(api.handle({method, path, query, ""}));
  }
  json::object hand(const std::string& verb, const std::string& provider, Query query = {}) {
    query.insert({{"source", "ip-1"}, {"provider", provider}});
    const HttpReply reply = ask("POST", "/api/v1/lane/" + verb, query);
    return json::parse(reply.body).as_object();
  }
  // A row of `why` for the nth submission; empty: there is none.
  json::object why(std::size_t number, const std::string& gate) {
    const HttpReply reply = ask("GET", "/api/v1/why/" + out.clients.submissions().at(number - 1).id, {});
    const json::value answer = json::parse(reply.body);
    for (const auto& each : answer.at("recipients").as_array().at(0).at("gates").as_array()) {
      if (each.at("gate").as_string() == gate && each.at("provider") != "(all)") return each.as_object();
    }
    return {};
  }
  json::object gmails_lane() {
    const json::object status = json::parse(ask("GET", "/api/v1/status", {}).body).as_object();
    for (const auto& each : status.at("lanes").as_array()) {
      if (each.as_object().at("provider") == "other:gmail.test") return each.as_object();
    }
    return {};
  }
  void submit(std::size_t count) {
    Mail mail = to("gmail.test");
    mail.headers = "List-Id: <news.sender.test>\r\n";
    out.submit(count, mail);
  }

  static warmup::PlanOptions plan() {
    warmup::PlanOptions made;
    made.start = 20;
    made.growth = 2;
    made.target = 20'000;
    made.pace = warmup::Pace::none;
    made.hourly = 1;
    return made;
  }
  Town town{seed_from_env_or(41)};
  Receiver& gmail = town.receiver("gmail.test");
  Daemon& out = town.mta({.plan = plan()});
};

TEST(LearningLane, IsToldWithItsGrowthByStatusHistoryAndWhy) {
  Town town{seed_from_env_or(411)};
  town.receiver("gmail.test");
  warmup::PlanOptions plan;
  plan.growth_max = 1.3;
  Daemon& out = town.mta({.plan = plan});
  const auto ask = [&](const std::string& path, const std::map<std::string, std::string>& query) {
    Api api({out.server(), [] { return std::vector<std::string>{}; }});
    return json::parse(town.world().loop.run(api.handle({"GET", path, query, ""})).body);
  };
  Mail mail = to("gmail.test");
  mail.headers = "List-Id: <news.sender.test>\r\n";
  out.submit(400, mail);
  town.pass(25h);
  const json::value answer = ask("/api/v1/lane/history", {{"source", "ip-1"}, {"provider", "other:gmail.test"}});
  const json::object& lane = answer.at("lane").as_object();
  EXPECT_EQ(lane.at("growth"), 1.23) << town.story();
  EXPECT_EQ(lane.at("history").at(0).at("growth"), 1.2);
  EXPECT_EQ(lane.at("changes").at(0).at("growth"), 1.23);
  EXPECT_EQ(lane.at("changes").at(0).at("reason"), "stage 1, cap 120, growth ×1.23");
  const json::value why = ask("/api/v1/why/" + out.clients.submissions().at(399).id, {});
  const auto& gates = why.at("recipients").at(0).at("gates").as_array();
  const auto stands = std::find_if(gates.begin(), gates.end(), [](const auto& each) { return each.at("gate") == "lane"; });
  ASSERT_NE(stands, gates.end());
  EXPECT_EQ(stands->at("text"), "warming, stage 1, growth ×1.23");
}

TEST_F(LanesApiTest, ASourcesTotalIsALaneToo) {
  const json::object paused = hand("pause", "(others)");
  EXPECT_EQ(paused.at("provider"), "(others)");
  EXPECT_EQ(paused.at("lane").as_object().at("state"), "paused");
  submit(5);
  town.pass(1h);
  EXPECT_EQ(gmail.accepted(), 0U) << town.story();
  hand("resume", "(others)");
  town.pass(1h);
  EXPECT_EQ(gmail.accepted(), 5U) << town.story();
}

TEST_F(LanesApiTest, AStageThatIsSetRaisesTodaysCapAndSoDoesThatOfTheTotal) {
  submit(400);
  town.pass(1h);
  EXPECT_EQ(gmail.accepted(), 14U);  // 20 less what is kept for transactional mail
  EXPECT_EQ(hand("set", "other:gmail.test", {{"stage", "6"}}).at("lane").as_object().at("cap"), 1280);
  town.pass(1h);
  EXPECT_LE(gmail.accepted(), 100U) << town.story();  // the source's total: 5 × 20
  EXPECT_EQ(hand("set", "(others)", {{"stage", "5"}}).at("lane").as_object().at("cap"), 3200);
  town.pass(2h);
  EXPECT_EQ(gmail.accepted(), 400U) << town.story();
}

TEST_F(LanesApiTest, WhatASmallSiteGotTodayIsShownAfterARestart) {
  submit(5);
  town.pass(1h);
  ASSERT_EQ(gmail.accepted(), 5U);
  out.restart();
  const json::object history =
      json::parse(ask("GET", "/api/v1/lane/history", {{"source", "ip-1"}, {"provider", "other:gmail.test"}}).body).as_object();
  EXPECT_EQ(history.at("lane").as_object().at("sent"), 5) << town.story();
}

// With more than 4,096 lanes in memory those without connections leave it, the one that was just paused too.
TEST_F(LanesApiTest, ACommandIsAnsweredWhenItsLaneLeftMemoryMeanwhile) {
  const auto site = [](int number) { return "other:s" + std::to_string(number) + ".test"; };
  for (int n = 0; n < 4'090; ++n)
    town.world().loop.run(out.server().scheduler().lane_command("ip-1", site(n), {warmup::LaneCommand::hold, {}, {}, "", ""}));
  for (int n = 4'090; n < 4'100; ++n) {
    const json::object answer = hand("pause", site(n));
    ASSERT_TRUE(answer.contains("lane")) << n << ": " << answer;
    EXPECT_EQ(answer.at("lane").as_object().at("state"), "paused");
  }
}

TEST_F(LanesApiTest, ALaneThatDidNothingTodayHasAHistoryAfterARestart) {
  submit(5);
  town.pass(72h);
  out.restart();
  const Query site{{"source", "ip-1"}, {"provider", "other:gmail.test"}};
  const json::value answer = json::parse(ask("GET", "/api/v1/lane/history", site).body);
  ASSERT_TRUE(answer.as_object().contains("lane")) << answer;
  EXPECT_FALSE(answer.at("lane").at("history").as_array().empty()) << town.story();
  EXPECT_EQ(ask("GET", "/api/v1/lane/history", {{"source", "ip-1"}, {"provider", "other:nothing.test"}}).status, 404U);
}

TEST_F(LanesApiTest, WhatIsHeldSaysByWhatAndWhenAndTheLaneSaysTheSame) {
  submit(40);  // 14 may go: 20 less what is kept for transactional mail
  town.pass(1h);
  ASSERT_EQ(gmail.accepted(), 14U) << town.story();
  const json::object queue = json::parse(ask("GET", "/api/v1/queue", {}).body).as_object();
  const json::object& first = queue.at("messages").as_array().at(0).as_object().at("recipients").as_array().at(0).as_object();
  EXPECT_EQ(first.at("state"), "held");
  EXPECT_EQ(first.at("held_by"), "reserve of other classes of ip-1 to other:gmail.test");
  EXPECT_EQ(gmails_lane().at("next_permit"), first.at("next_try"));
}

TEST_F(LanesApiTest, WhoPausedItIsTheAnswerAndNobodyKnowsUntilWhen) {
  submit(14);
  town.pass(1h);
  hand("pause", "other:gmail.test", {{"by", "ann"}, {"reason", "new DNS"}});
  submit(5);
  town.pass(1h);
  const json::object lane = gmails_lane();
  EXPECT_EQ(lane.at("state"), "paused");
  EXPECT_TRUE(lane.at("next_permit").is_null());
  const json::object queue = json::parse(ask("GET", "/api/v1/queue", {}).body).as_object();
  const std::string id(queue.at("messages").as_array().at(0).as_object().at("id").as_string());
  const HttpReply why = ask("GET", "/api/v1/why/" + id, {});
  EXPECT_THAT(why.body, HasSubstr("paused by ann: new DNS"));
  EXPECT_THAT(why.body, HasSubstr("until it is resumed"));
}

TEST_F(LanesApiTest, WhatIsNoLaneIsAProblem) {
  EXPECT_EQ(hand("pause", "gogle").at("status"), 404);
  EXPECT_THAT(std::string(hand("set", "(others)", {{"stage", "99"}}).at("detail").as_string()),
              HasSubstr("beyond the plan's last stage"));
  out.stop();
  out.config().sources.at(0).overall = "off";
  out.start();
  EXPECT_THAT(std::string(hand("pause", "(others)").at("detail").as_string()), HasSubstr("source ip-1 has no total"));
}

TEST_F(LanesApiTest, ASmarthostHasOneLaneAndAnAddressOneAProvider) {
  out.stop();
  conf::Source relay = out.config().sources.at(0);
  relay.name = "old-relay";
  relay.address = relay.plan = "";
  relay.smarthost = "mx1.relay.test:25";
  out.config().sources.push_back(relay);
  out.start();
  const auto detail = [&](const json::object& answer) { return std::string(answer.at("detail").as_string()); };
  EXPECT_THAT(detail(hand("pause", "*")), HasSubstr("`(others)` over unlisted sites"));
  EXPECT_THAT(detail(hand("pause", "google", {{"source", "old-relay"}})), HasSubstr("it has one lane, `*`"));
  EXPECT_EQ(hand("pause", "*", {{"source", "old-relay"}}).at("provider"), "*");
  EXPECT_EQ(ask("GET", "/api/v1/lane/history", {{"source", "ip-1"}, {"provider", "*"}}).status, 400U);
  const auto lanes = json::parse(ask("GET", "/api/v1/status", {}).body).as_object().at("lanes").as_array();
  for (const auto& lane : lanes)
    EXPECT_TRUE(lane.as_object().at("source") == "old-relay" || lane.as_object().at("provider") != "*") << "a lane of nobody";
}

TEST_F(LanesApiTest, AGreylistedRecipientHasItsPlaceInADayThatIsFull) {
  gmail.manners.greylist = 1h;
  out.submit(20, to("gmail.test"));
  town.pass(1min);
  EXPECT_EQ(why(1, "lane").at("open"), true) << "its place is kept";
  EXPECT_EQ(why(1, "retry").at("open"), false);
  out.submit(to("gmail.test"));
  town.pass(1min);
  EXPECT_EQ(why(21, "lane").at("open"), false);
}

TEST_F(LanesApiTest, WhySaysWhatBecomesOfWhoWaitsLong) {
  submit(30);
  town.pass(1h);
  EXPECT_EQ(why(30, "max_wait").at("text"), "has waited 59m");
  EXPECT_EQ(why(30, "max_wait").at("limit"), 30 * 24 * 3600);
  EXPECT_EQ(why(30, "max_wait").at("limit_text"), "30d, then an alert");
  EXPECT_TRUE(why(30, "overflow").empty());
  out.stop();
  conf::Source relay = out.config().sources.at(0);
  relay.name = "old-relay";
  relay.address = relay.plan = "";
  relay.smarthost = "mx1.relay.test:25";
  out.config().sources.push_back(relay);
  out.config().pools.at(0).overflow = "old-relay";
  for (auto& each : out.config().classes) each.on_max_wait = warmup::OnMaxWait::overflow;
  out.start();
  EXPECT_EQ(why(30, "max_wait").at("limit_text"), "30d, then it goes by the overflow");
  EXPECT_EQ(why(30, "overflow").at("text"), "old-relay");
  EXPECT_EQ(why(30, "overflow").at("state"), "after_max_wait");
  hand("pause", "*", {{"source", "old-relay"}});
  EXPECT_EQ(why(30, "overflow").at("text"), "old-relay, paused by an operator");
}

TEST_F(LanesApiTest, WhySaysThatASenderIsRefusedForWhatItLacks) {
  gmail.now_answers("451 4.7.26 This mail has been blocked because the sender is unauthenticated", Stage::dot);
  submit(3);
  town.pass(5min);
  const json::object gate = why(1, "sender");
  ASSERT_FALSE(gate.empty()) << town.story();
  EXPECT_EQ(gate.at("open"), false);
  EXPECT_THAT(std::string(gate.at("text").as_string()), HasSubstr("mail from sender.test was refused"));
  out.stop();
  Evidence seen;
  out.read_spool(seen);
  out.start();
  const auto told =
      std::find_if(seen.events.begin(), seen.events.end(), [](const EventSeen& each) { return each.type == "lane"; });
  ASSERT_NE(told, seen.events.end());
  EXPECT_THAT(told->text,
              HasSubstr("\"source\":\"ip-1\",\"provider\":\"other:gmail.test\",\"change\":\"held\",\"stage\":null,\"cap\":null"));
}

TEST_F(LanesApiTest, ASmarthostShowsWhatItCarriedToWhom) {
  Receiver& relay = town.receiver("relay.test");
  out.stop();
  conf::Source& source = out.config().sources.at(0);
  source.smarthost = "mx1.relay.test:25";
  source.address = source.plan = "";
  source.tls = conf::TlsLevel::may;
  out.start();
  submit(3);
  out.submit(2, to("googlemail.com"));
  town.pass(1h);
  ASSERT_EQ(relay.accepted(), 5U) << town.story();
  const json::value status = json::parse(ask("GET", "/api/v1/status", {}).body);
  const auto lane_of = [&](std::string_view provider) {
    for (const auto& lane : status.at("lanes").as_array())
      if (lane.at("provider").as_string() == provider) return lane.at("by_provider");
    return json::value("no such lane");
  };
  EXPECT_EQ(lane_of("*"), json::value({{"google", 2}, {"other", 3}}));
}

TEST_F(LanesApiTest, WithoutAPlanNoDayAndNoChangeHasAStage) {
  out.stop();
  out.config().sources.at(0).plan = "";
  out.start();
  submit(3);
  town.pass(24h * 3);
  hand("pause", "other:gmail.test");
  const auto answer =
      json::parse(ask("GET", "/api/v1/lane/history", {{"source", "ip-1"}, {"provider", "other:gmail.test"}}).body);
  const auto& lane = answer.at("lane").as_object();
  ASSERT_FALSE(lane.at("history").as_array().empty()) << town.story();
  for (const char* list : {"history", "changes"}) {
    for (const auto& row : lane.at(list).as_array()) EXPECT_TRUE(row.at("stage").is_null()) << list << " " << row;
  }
  EXPECT_TRUE(lane.at("stage").is_null());
  ASSERT_FALSE(lane.at("changes").as_array().empty());
}

TEST_F(LanesApiTest, AForecastOfNoLineIsAProblem) {
  const auto forecast = [&](const std::string& pool, const std::string& provider) {
    return ask("GET", "/api/v1/forecast", {{"pool", pool}, {"provider", provider}});
  };
  EXPECT_EQ(forecast("default", "google").status, 200U);
  const HttpReply no_pool = forecast("nonsense", "google");
  EXPECT_EQ(no_pool.status, 404U);
  EXPECT_THAT(no_pool.body, HasSubstr(R"(there is no pool \"nonsense\", only \"default\")"));
  EXPECT_THAT(forecast("default", "*").body, HasSubstr("`*` is for pools of smarthosts"));
  EXPECT_EQ(forecast("default", "(others)").status, 400U);
  out.stop();
  out.config().sources.at(0).smarthost = "mx1.relay.test:25";
  out.config().sources.at(0).address = "";
  out.start();
  EXPECT_EQ(forecast("default", "*").status, 200U);
  EXPECT_THAT(forecast("default", "google").body, HasSubstr("its mail is one queue, `*`"));
}

}  // namespace
}  // namespace mta::sim
