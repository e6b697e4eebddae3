// The operator's hand on lanes, as warmupctl asks for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "mta/control/api.h"
#include "mta/sim/town.h"

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

TEST_F(LanesApiTest, ASourcesTotalIsALaneToo) {
  const json::object paused = hand("pause", "(all)");
  EXPECT_EQ(paused.at("provider"), "(all)");
  EXPECT_EQ(paused.at("lane").as_object().at("state"), "paused");
  submit(5);
  town.pass(1h);
  EXPECT_EQ(gmail.accepted(), 0U) << town.story();
  hand("resume", "(all)");
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
  EXPECT_EQ(hand("set", "(all)", {{"stage", "5"}}).at("lane").as_object().at("cap"), 3200);
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

TEST_F(LanesApiTest, WhatIsNoLaneIsAProblem) {
  EXPECT_EQ(hand("pause", "gogle").at("status"), 404);
  EXPECT_THAT(std::string(hand("set", "(all)", {{"stage", "99"}}).at("detail").as_string()),
              HasSubstr("beyond the plan's last stage"));
  out.stop();
  out.config().sources.at(0).overall = "off";
  out.start();
  EXPECT_THAT(std::string(hand("pause", "(all)").at("detail").as_string()), HasSubstr("source ip-1 has no total"));
}

}  // namespace
}  // namespace mta::sim
