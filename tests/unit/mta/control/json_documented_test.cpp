// What the daemon answers is what mta/control/JSON.md says, in both directions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "mta/control/api.h"
#include "tests/documented_fields.h"
#include "tests/sim/town.h"

namespace mta::sim {
namespace {

namespace json = boost::json;
using testing::IsEmpty;
using namespace std::chrono_literals;

using Query = std::map<std::string, std::string>;

class JsonDocumented : public testing::Test {
 protected:
  json::object ask(const std::string& method, const std::string& path, const Query& query = {}) {
    Api api({out.server(), [] { return std::vector<std::string>{"pools: 1"}; }});
    return json::parse(town.world().loop.run(api.handle({method, path, query, ""})).body).as_object();
  }
  json::object see(const std::string& section, const std::string& method, const std::string& path, const Query& query = {}) {
    const json::object answer = ask(method, path, query);
    document.see(section, answer);
    return answer;
  }
  void submit(std::size_t count, const std::string& domain) {
    Mail mail = to(domain);
    mail.headers = "List-Id: <news.sender.test>\r\n";
    out.submit(count, mail);
  }
  static warmup::PlanOptions plan() {
    warmup::PlanOptions made;
    made.start = 20;
    made.growth = 2;
    made.target = 20'000;
    return made;
  }
  static std::string first_id(const json::object& page) {
    return std::string(page.at("messages").as_array().at(0).as_object().at("id").as_string());
  }

  documented::Document document{WARMUPD_SOURCE_DIR "/mta/control/JSON.md"};
  Town town{seed_from_env_or(53)};
  Receiver& gmail = town.receiver("gmail.test");
  Receiver& slow = town.receiver("slow.test");
  Daemon& out = town.mta({.plan = plan()});
};

TEST_F(JsonDocumented, WhatTheDaemonAnswersIsWhatItsTableSays) {
  slow.now_answers("421 4.7.0 unusual rate of mail, try again later", Stage::rcpt);
  submit(30, "gmail.test");
  submit(30, "slow.test");
  out.submit(2, to("gmail.test"));
  town.pass(26h);
  submit(200, "gmail.test");
  town.pass(2h);
  see("lane hand", "POST", "/api/v1/lane/hold", {{"source", "ip-1"}, {"provider", "other:gmail.test"}, {"reason", "a test"}});
  see("lane hand", "POST", "/api/v1/lane/pause", {{"source", "ip-1"}, {"provider", "(others)"}, {"by", "ann"}});
  see("status", "GET", "/api/v1/status");
  see("status", "GET", "/api/v1/lanes", {{"provider", "other:slow.test"}});
  see("lane history", "GET", "/api/v1/lane/history", {{"source", "ip-1"}, {"provider", "other:slow.test"}});
  see("lane history", "GET", "/api/v1/lane/history", {{"source", "ip-1"}, {"provider", "other:gmail.test"}});
  see("queue", "GET", "/api/v1/queue", {{"limit", "1"}});
  const json::object held = see("queue", "GET", "/api/v1/queue", {{"domain", "gmail.test"}});
  const json::object cooled = see("queue", "GET", "/api/v1/queue", {{"domain", "slow.test"}});
  see("why", "GET", "/api/v1/why/" + first_id(held));
  see("why", "GET", "/api/v1/why/" + first_id(cooled));
  json::object message = ask("GET", "/api/v1/messages/" + first_id(cooled));
  message.erase("now");
  document.see("message", message);
  see("forecast", "GET", "/api/v1/forecast", {{"provider", "google"}, {"backlog", "500"}});
  see("reload", "POST", "/api/v1/reload");
  see("find", "GET", "/api/v1/history", {{"limit", "1"}});
  see("queue hand", "POST", "/api/v1/queue/drop", {{"domain", "slow.test"}, {"by", "ann"}, {"reason", "a test"}});
  see("find", "GET", "/api/v1/history");
  see("why", "GET", "/api/v1/why/" + first_id(cooled));
  see("problem", "GET", "/api/v1/status", {{"provider", "gogle"}});
  see("problem", "GET", "/api/v1/queue", {{"limit", "many"}});
  EXPECT_THAT(document.faults(), IsEmpty());
  auto unseen = document.unseen({"problem", "status", "lane", "lane history", "change", "lane hand", "queue", "message",
                                 "queue hand", "why", "find", "found", "forecast", "reload"});
  std::erase(unseen, "lane: by_provider.*");                       // of a smarthost
  std::erase(unseen, "status: damaged[]");                         // scenario Damage
  for (const char* answer : {"status", "forecast", "queue hand"})  // WhyItWaits.AWithheld…, ARetry…
    std::erase(unseen, answer + std::string(": withheld[]"));
  EXPECT_THAT(unseen, IsEmpty());
}

TEST_F(JsonDocumented, WhatSendersSendIsWhatTheirTablesSay) {
  for (const char* provider : {"other:gmail.test", "(others)"})
    see("lane hand", "POST", "/api/v1/lane/set", {{"source", "ip-1"}, {"provider", provider}, {"stage", "10"}});
  Mail many = to("gmail.test");
  many.recipients.clear();
  for (int n = 0; n < 100; ++n) many.recipients.push_back("user" + std::to_string(n) + "@gmail.test");
  gmail.manners.unknown.insert("user7@gmail.test");
  town.pass(1min);
  out.submit(60, many);
  town.pass(26h);
  see("senders", "GET", "/api/v1/senders", {{"domain", "news.sender.test"}, {"provider", "other:gmail.test"}});
  const json::object past = see("sender history", "GET", "/api/v1/sender/history", {{"domain", "sender.test"}});
  const auto& changes = past.at("senders").as_array().at(0).as_object().at("changes").as_array();
  ASSERT_EQ(changes.size(), 1U) << json::serialize(past);
  EXPECT_EQ(changes.at(0).as_object().at("change"), "bulk");
  see("problem", "GET", "/api/v1/senders", {{"domain", "quiet.test"}});
  see("problem", "GET", "/api/v1/senders", {{"domain", "no domain"}});
  EXPECT_THAT(document.faults(), IsEmpty());
  auto unseen = document.unseen({"senders", "sender", "sender history", "sender change"});
  // Of one that is braked; a ledger that is only observed is not.
  std::erase_if(unseen, [](const std::string& field) { return field.starts_with("sender: evidence[]"); });
  EXPECT_THAT(unseen, IsEmpty());
}

TEST_F(JsonDocumented, WhatARetryLeavesWithheldIsWhatItsTableSays) {
  slow.now_answers("550 5.7.26 This mail has been blocked because the sender is unauthenticated", Stage::dot);
  for (int i = 0; i < 4; ++i) {
    out.submit(1, to("slow.test"));
    town.pass(1min);
  }
  see("queue hand", "POST", "/api/v1/queue/retry", {{"all", "true"}});
  EXPECT_THAT(document.faults(), IsEmpty());
  EXPECT_THAT(document.unseen({"still withheld"}), IsEmpty());
}

TEST_F(JsonDocumented, TheGatesOfWhyHoldNumbersWithUnits) {
  slow.now_answers("421 4.7.0 unusual rate of mail, try again later", Stage::rcpt);
  submit(5, "slow.test");
  town.pass(1h);
  const json::object why = ask("GET", "/api/v1/why/" + first_id(ask("GET", "/api/v1/queue")));
  const json::array& gates = why.at("recipients").as_array().at(0).as_object().at("gates").as_array();
  for (const auto& each : gates) {
    const json::object& gate = each.as_object();
    EXPECT_EQ(gate.at("value").is_null() && gate.at("limit").is_null(), gate.at("unit").is_null()) << json::serialize(gate);
  }
  EXPECT_EQ(gates.at(0).as_object().at("gate"), "lifetime");
  EXPECT_EQ(gates.at(0).as_object().at("limit"), 5 * 24 * 3600);
  EXPECT_EQ(gates.at(0).as_object().at("limit_text"), "5d");
}

}  // namespace
}  // namespace mta::sim
