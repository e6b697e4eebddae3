// What status and why say of mail that waits for a reason of its own: a From domain that is withheld, an address that is not here, an hour
// that is full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "mta/control/api.h"
#include "tests/sim/town.h"

namespace mta::sim {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class WhyItWaits : public testing::Test {
 protected:
  boost::json::object ask(const std::string& method, const std::string& path, const std::map<std::string, std::string>& query) {
    Api api({out.server(), [] { return std::vector<std::string>{}; }});
    return boost::json::parse(town.world().loop.run(api.handle({method, path, query, ""})).body).as_object();
  }
  boost::json::object get(const std::string& path) { return ask("GET", path, {}); }
  boost::json::object forecast(const std::string& provider, std::map<std::string, std::string> query = {}) {
    query.insert({{"provider", provider}, {"class", "bulk"}});
    return ask("GET", "/api/v1/forecast", query);
  }
  boost::json::object lane() {
    const auto status = get("/api/v1/status");
    for (const auto& each : status.at("lanes").as_array()) {
      if (each.as_object().at("provider") == "other:gmail.test") return each.as_object();
    }
    return {};
  }
  std::vector<boost::json::object> gates() {
    std::vector<boost::json::object> found;
    const auto queue = get("/api/v1/queue");
    const std::string id(queue.at("messages").as_array().at(0).at("id").as_string());
    const auto why = get("/api/v1/why/" + id);
    for (const auto& each : why.at("recipients").as_array().at(0).at("gates").as_array()) found.push_back(each.as_object());
    return found;
  }
  boost::json::object queue() { return get("/api/v1/status").at("queues").as_array().at(0).as_object(); }
  boost::json::object lane_gate() {
    for (const auto& gate : gates())
      if (gate.at("gate") == "lane") return gate;
    return {};
  }
  void operate(const std::string& what, std::map<std::string, std::string> more = {}) {
    Api api({out.server(), [] { return std::vector<std::string>{}; }});
    more.insert({{"source", "ip-1"}, {"provider", "other:gmail.test"}});
    ASSERT_EQ(town.world().loop.run(api.handle({"POST", "/api/v1/lane/" + what, more, ""})).status, 200U);
  }
  static warmup::PlanOptions plan() {
    warmup::PlanOptions made;
    made.start = 100;
    made.pace = warmup::Pace::none;
    return made;
  }

  Town town{seed_from_env_or(91)};
  Receiver& gmail = town.receiver("gmail.test");
  Daemon& out = town.mta({.plan = plan()});
};

TEST_F(WhyItWaits, AWithheldFromDomainIsSeenInStatusAndForecast) {
  gmail.now_answers("550 5.7.26 This mail has been blocked because the sender is unauthenticated", Stage::dot);
  for (int i = 0; i < 4; ++i) {
    out.submit(1, to("gmail.test"));
    town.pass(1min);
  }
  const auto status = get("/api/v1/status");
  ASSERT_EQ(status.at("withheld").as_array().size(), 1U) << town.story();
  const auto& withheld = status.at("withheld").as_array().at(0).as_object();
  EXPECT_EQ(withheld.at("from_domain"), "sender.test");
  EXPECT_EQ(withheld.at("provider"), "other:gmail.test");
  EXPECT_EQ(withheld.at("verdict"), "auth_failure");
  const auto& queue = status.at("queues").as_array().at(0).as_object();
  EXPECT_THAT(std::string(queue.at("reason").as_string()), HasSubstr("mail from sender.test is refused (auth_failure)"));
  EXPECT_GE(std::string(queue.at("eta").as_string()), std::string(withheld.at("until").as_string()));
  const auto forecast = this->forecast("other:gmail.test", {{"class", std::string(queue.at("class").as_string())}});
  ASSERT_EQ(forecast.at("withheld").as_array().size(), 1U);
  EXPECT_EQ(forecast.at("withheld").as_array().at(0), withheld);
  EXPECT_GE(std::string(forecast.at("gone").as_string()), std::string(withheld.at("until").as_string()));
}

TEST_F(WhyItWaits, AForecastOfWhatNobodyHasSentToMakesNoLaneAndHasNoEnd) {
  out.submit(1, to("gmail.test"));
  town.pass(1min);
  const auto before = get("/api/v1/status").at("lanes").as_array().size();
  const auto forecast = this->forecast("other:nowhere.test");
  EXPECT_EQ(forecast.at("waiting"), 0);
  EXPECT_TRUE(forecast.at("gone").is_null());
  EXPECT_FALSE(this->forecast("other:nowhere.test", {{"backlog", "250"}}).at("gone").is_null());
  EXPECT_EQ(get("/api/v1/status").at("lanes").as_array().size(), before);
}

TEST_F(WhyItWaits, ARetryTellsWhatIsTriedFromWhatStaysWithheld) {
  gmail.now_answers("550 5.7.26 This mail has been blocked because the sender is unauthenticated", Stage::dot);
  for (int i = 0; i < 4; ++i) {
    out.submit(1, to("gmail.test"));
    town.pass(1min);
  }
  Receiver& other = town.receiver("other.test");
  other.close();
  out.submit(1, to("other.test"));
  town.pass(1min);
  const auto withheld = get("/api/v1/status").at("withheld").as_array().at(0).as_object();
  const auto waiting = out.waiting();
  const auto done = ask("POST", "/api/v1/queue/retry", {{"all", "true"}});
  EXPECT_EQ(done.at("recipients"), 1) << "only what is not withheld";
  const auto& still = done.at("withheld").as_array().at(0).as_object();
  EXPECT_EQ(still.at("from_domain"), "sender.test");
  EXPECT_EQ(still.at("provider"), "other:gmail.test");
  EXPECT_EQ(still.at("until"), withheld.at("until"));
  EXPECT_EQ(still.at("lacks"), "SPF, DKIM and DMARC records");
  EXPECT_EQ(still.at("recipients").to_number<std::size_t>(), waiting - 1);
  EXPECT_TRUE(ask("POST", "/api/v1/queue/drop", {{"domain", "nobody.test"}}).at("withheld").as_array().empty());
}

TEST_F(WhyItWaits, ARetryDoesNotForgetHowLongMailHasWaited) {
  EXPECT_EQ(ask("POST", "/api/v1/lane/pause", {{"source", "ip-1"}, {"provider", "other:gmail.test"}}).at("provider"),
            "other:gmail.test");
  out.submit(2, to("gmail.test"));
  town.pass(5h);
  const auto oldest = [&] { return get("/api/v1/status").at("queues").as_array().at(0).at("oldest_seconds").to_number<int>(); };
  ASSERT_GE(oldest(), 4 * 3600);
  EXPECT_EQ(ask("POST", "/api/v1/queue/retry", {{"all", "true"}}).at("recipients"), 2);
  town.pass(1min);
  EXPECT_GE(oldest(), 4 * 3600);
  for (const auto& gate : gates()) {
    if (gate.at("gate") != "max_wait") continue;
    EXPECT_GE(gate.at("value").to_number<int>(), 4 * 3600);
  }
  out.stop();
  out.start();
  EXPECT_GE(oldest(), 4 * 3600);
  ask("POST", "/api/v1/lane/resume", {{"source", "ip-1"}, {"provider", "other:gmail.test"}});
  town.pass(10min);
  EXPECT_EQ(gmail.accepted(), 2U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST_F(WhyItWaits, AnAddressThatIsNotOnThisHostIsNamedAndTriedUntilItIsHere) {
  town.world().net.own_only({asio::ip::make_address("10.0.0.1")});  // of the clients
  out.submit(3, to("gmail.test"));
  town.pass(10min);
  EXPECT_EQ(gmail.accepted(), 0U);
  EXPECT_EQ(lane().at("reason"), "address is not on this host") << town.story();
  bool named = false;
  for (const auto& gate : gates()) named = named || (gate.at("gate") == "address" && !gate.at("open").as_bool());
  EXPECT_TRUE(named);
  EXPECT_FALSE(lane_gate().at("open").as_bool()) << "else why says that it may go now";
  EXPECT_TRUE(lane_gate().at("next").is_null()) << "nobody knows when the address comes";
  EXPECT_TRUE(queue().at("next_permit").is_null());
  EXPECT_TRUE(lane().at("next_permit").is_null());
  town.world().net.own_only({});
  town.pass(2min);
  EXPECT_EQ(gmail.accepted(), 3U) << town.story();
  EXPECT_TRUE(lane().at("reason").is_null());
}

// When mail may go is not when its queue looks again.
TEST_F(WhyItWaits, ALaneThatIsPausedUntilItIsResumedHasNoTimeAtWhichItOpens) {
  out.submit(1, to("gmail.test"));
  town.pass(1min);
  operate("pause");
  out.submit(3, to("gmail.test"));
  town.pass(1min);
  for (const Duration later : {Duration(0), Duration(7h), Duration(20h)}) {
    town.pass(later);
    EXPECT_TRUE(queue().at("next_permit").is_null()) << town.story();
    EXPECT_TRUE(queue().at("eta").is_null());
    EXPECT_TRUE(lane().at("next_permit").is_null());
    EXPECT_TRUE(lane_gate().at("next").is_null());
  }
  operate("resume");
  town.pass(1min);
  EXPECT_EQ(gmail.accepted(), 4U);
}

TEST_F(WhyItWaits, APauseThatEndsIsWhenTheQueueMayGo) {
  out.submit(1, to("gmail.test"));
  town.pass(1min);
  operate("pause", {{"for", std::to_string(9 * 3600)}});
  out.submit(3, to("gmail.test"));
  town.pass(2h);
  EXPECT_EQ(queue().at("next_permit"), lane().at("next_permit"));
  EXPECT_GT(std::string(queue().at("next_permit").as_string()), queue::rfc3339(town.now() + 6h));
}

TEST_F(WhyItWaits, ADayThatIsFullOpensWithTheNext) {
  out.submit(108, to("gmail.test"));
  town.pass(6h);
  EXPECT_EQ(gmail.accepted(), 100U);
  EXPECT_EQ(queue().at("next_permit"), lane().at("day_ends")) << town.story();
  EXPECT_EQ(lane_gate().at("next"), lane().at("day_ends"));
}

TEST_F(WhyItWaits, ACoolingLaneOpensWithItsProbe) {
  gmail.now_answers("421 4.7.28 unusual rate of mail from your IP", Stage::mail);
  out.submit(2, to("gmail.test"));
  town.pass_until([&] { return !lane().empty() && lane().at("brake") == "cooling"; }, 10min);
  town.pass(10s);
  EXPECT_EQ(queue().at("next_permit"), lane().at("brake_until")) << town.story();
}

TEST_F(WhyItWaits, IdleConnectionsAreNoGate) {
  out.submit(60, to("gmail.test"));
  town.pass_until([&] { return gmail.accepted() >= 30; }, 1min);  // its reserve, more than the hour's quarter
  bool hourly = false;
  for (const auto& gate : gates()) {
    if (gate.at("gate") == "connections") {
      EXPECT_TRUE(gate.at("open").as_bool());
    }
    hourly = hourly || (gate.at("gate") == "hourly" && !gate.at("open").as_bool());
  }
  EXPECT_TRUE(hourly) << town.story();
}

TEST_F(WhyItWaits, NothingIsGoneBeforeALaneThatIsPausedTakesSomething) {
  out.submit(1, to("gmail.test"));
  town.pass(1min);
  Api api({out.server(), [] { return std::vector<std::string>{}; }});
  const std::map<std::string, std::string> query{
      {"source", "ip-1"}, {"provider", "other:gmail.test"}, {"for", std::to_string(4 * 3600)}};
  town.world().loop.run(api.handle({"POST", "/api/v1/lane/pause", query, ""}));
  out.submit(5, to("gmail.test"));
  town.pass(1min);
  const auto paused = lane();
  EXPECT_GE(std::string(paused.at("eta").as_string()), std::string(paused.at("next_permit").as_string())) << town.story();
  const auto status = get("/api/v1/status");
  const auto& queue = status.at("queues").as_array().at(0).as_object();
  EXPECT_GE(std::string(queue.at("eta").as_string()), std::string(queue.at("next_permit").as_string()));
  EXPECT_GT(std::string(queue.at("eta").as_string()), queue::rfc3339(town.now() + 3h));
}

}  // namespace
}  // namespace mta::sim
