// The API as warmupctl and others see it: pages, problems, and questions that want to break it.
#include "mta/control/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <set>

#include "tests/sim/town.h"

namespace mta::sim {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::IsSupersetOf;
using namespace std::chrono_literals;

using Query = std::map<std::string, std::string>;

class ApiTest : public testing::Test {
 protected:
  HttpReply ask(const std::string& method, const std::string& path, const Query& query = {}) {
    Api api({out.server(), [this] { return reload(); }});
    return town.world().loop.run(api.handle({method, path, query, ""}));
  }
  // The answer to a good question.
  json::object get(const std::string& path, const Query& query = {}, const std::string& method = "GET") {
    const HttpReply reply = ask(method, path, query);
    EXPECT_EQ(reply.status, 200U) << path << ": " << reply.body;
    EXPECT_EQ(reply.content_type, "application/json");
    return json::parse(reply.body).as_object();
  }
  json::object post(const std::string& path, const Query& query = {}) { return get(path, query, "POST"); }
  // The status of a bad one, whose body is RFC 9457 problem JSON.
  unsigned problem_of(const HttpReply& reply) {
    EXPECT_EQ(reply.content_type, "application/problem+json") << reply.body;
    const json::object body = json::parse(reply.body).as_object();  // throws for octets that are no UTF-8
    EXPECT_EQ(body.at("status").to_number<unsigned>(), reply.status);
    EXPECT_FALSE(body.at("title").as_string().empty());
    EXPECT_FALSE(body.at("detail").as_string().empty());
    return reply.status;
  }
  unsigned problem_of(const std::string& method, const std::string& path, const Query& query = {}) {
    return problem_of(ask(method, path, query));
  }
  static std::string text(const json::value& value) { return std::string(value.as_string()); }
  static std::vector<std::string> ids(const json::object& page) {
    std::vector<std::string> found;
    for (const auto& message : page.at("messages").as_array()) found.push_back(text(message.as_object().at("id")));
    return found;
  }
  void submit_to_nowhere(std::size_t count) {  // mail that waits
    gmail.close();
    out.submit(count, to("gmail.test"));
    town.pass(2min);
    ASSERT_EQ(out.waiting(), count);
  }

  std::function<std::vector<std::string>()> reload = [] { return std::vector<std::string>{"reloaded"}; };
  Town town{seed_from_env_or(31)};
  Receiver& gmail = town.receiver("gmail.test");
  Receiver& home = town.receiver("sender.test");
  Daemon& out = town.mta();
};

std::vector<std::string> names(const json::object& object) {
  std::vector<std::string> found;
  for (const auto& field : object) found.emplace_back(field.key());
  return found;
}

TEST_F(ApiTest, StatusHasEveryFieldOfTheContract) {
  submit_to_nowhere(3);
  const json::object status = get("/api/v1/status");
  EXPECT_THAT(names(status), IsSupersetOf({"now", "rehearsal", "queue", "queues", "lanes"}));
  EXPECT_THAT(names(status.at("queue").as_object()), IsSupersetOf({"messages", "recipients", "unrouted", "oldest_seconds"}));
  EXPECT_EQ(status.at("queue").as_object().at("recipients").to_number<int>(), 3);
  const json::object& line = status.at("queues").as_array().at(0).as_object();
  EXPECT_THAT(names(line), IsSupersetOf({"pool", "provider", "class", "waiting", "oldest_seconds", "next_permit", "eta"}));
  EXPECT_EQ(line.at("waiting").to_number<int>(), 3);
  const json::object& lane = status.at("lanes").as_array().at(0).as_object();
  EXPECT_THAT(names(lane),
              IsSupersetOf({"source", "provider",    "plan",      "state",       "phase",   "brake",    "pin",     "stage",
                            "cap",    "sent",        "delivered", "reserved",    "pending", "left",     "waiting", "day_ends",
                            "today",  "day_started", "reason",    "next_permit", "eta",     "evidence", "history"}));
}

TEST_F(ApiTest, PagesFollowEachOtherAndEnd) {
  submit_to_nowhere(25);
  std::vector<std::string> seen;
  std::string cursor;
  std::vector<std::size_t> sizes;
  do {
    const json::object page = get("/api/v1/queue", {{"limit", "10"}, {"cursor", cursor}});
    const auto some = ids(page);
    sizes.push_back(some.size());
    seen.insert(seen.end(), some.begin(), some.end());
    cursor = page.at("next_cursor").is_null() ? "" : text(page.at("next_cursor"));
  } while (!cursor.empty() && sizes.size() < 10);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{10, 10, 5}));
  EXPECT_TRUE(std::ranges::is_sorted(seen)) << "in order of arrival";
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 25U);
}

TEST_F(ApiTest, AFilterFindsWhatFitsHoweverItIsWritten) {
  submit_to_nowhere(5);
  const std::string id = ids(get("/api/v1/queue", {{"recipient", "user3@gmail.test"}})).at(0);
  EXPECT_EQ(ids(get("/api/v1/queue", {{"id", id}})), std::vector<std::string>{id});
  std::string typed = id;
  std::ranges::transform(typed, typed.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  EXPECT_EQ(ids(get("/api/v1/queue", {{"id", typed}})), std::vector<std::string>{id});
  EXPECT_EQ(ids(get("/api/v1/queue", {{"domain", "Gmail.TEST"}})).size(), 5U);
  EXPECT_EQ(ids(get("/api/v1/queue", {{"domain", "gmail.test"}, {"class", "bulk"}})).size(), 0U);
  EXPECT_EQ(ids(get("/api/v1/queue", {{"sender", "' OR 1=1 --"}})).size(), 0U);
}

TEST_F(ApiTest, ATypoDoesNotLookLikeAnEmptyQueue) {
  EXPECT_EQ(problem_of("GET", "/api/v1/queue", {{"provider", "gogle"}}), 404U);
  EXPECT_EQ(problem_of("GET", "/api/v1/queue", {{"class", "bulkk"}}), 404U);
  EXPECT_EQ(problem_of("POST", "/api/v1/queue/drop", {{"provider", "gogle"}}), 404U);
  EXPECT_TRUE(
      get("/api/v1/queue", {{"provider", "other:never-heard-of.test"}, {"class", "bulk"}}).at("messages").as_array().empty());
}

TEST_F(ApiTest, AnUnknownNameIsSaidWithTheNearestOneEverywhere) {
  struct Case {
    std::string method, path;
    Query query;
    std::string unknown, nearest;
  };
  for (const Case& each :
       std::vector<Case>{{"GET", "/api/v1/status", {{"provider", "gogle"}}, "provider", "google"},
                         {"GET", "/api/v1/status", {{"provider", "gmail"}}, "provider", "google"},
                         {"GET", "/api/v1/status", {{"provider", "others"}}, "provider", "(others)"},
                         {"POST", "/api/v1/lane/resume", {{"source", "ip-1"}, {"provider", "all"}}, "provider", "(all)"},
                         {"GET", "/api/v1/status", {{"source", "pi-1"}}, "source", "ip-1"},
                         {"GET", "/api/v1/status", {{"provdier", "google"}}, "parameter", "provider"},
                         {"GET", "/api/v1/queue", {{"provider", "yaho"}}, "provider", "yahoo"},
                         {"GET", "/api/v1/queue", {{"class", "bluk"}}, "class", "bulk"},
                         {"POST", "/api/v1/queue/drop", {{"provider", "hotmail"}}, "provider", "outlook"},
                         {"POST", "/api/v1/queue/dorp", {}, "verb", "drop"},
                         {"GET", "/api/v1/forecast", {{"provider", "gogle"}}, "provider", "google"},
                         {"GET", "/api/v1/forecast", {{"provider", "google"}, {"pool", "defualt"}}, "pool", "default"},
                         {"GET", "/api/v1/forecast", {{"provider", "google"}, {"class", "bluk"}}, "class", "bulk"},
                         {"GET", "/api/v1/forecast", {{"provider", "google"}, {"source", "ip1"}}, "source", "ip-1"},
                         {"GET", "/api/v1/forecast", {{"provider", "google"}, {"backlgo", "1"}}, "parameter", "backlog"},
                         {"POST", "/api/v1/lane/pause", {{"source", "ip-2"}, {"provider", "google"}}, "source", "ip-1"},
                         {"POST", "/api/v1/lane/pasue", {{"source", "ip-1"}, {"provider", "google"}}, "verb", "pause"},
                         {"POST", "/api/v1/lane/pause", {{"source", "ip-1"}, {"provider", "gogle"}}, "provider", "google"},
                         {"POST", "/api/v1/lane/pause", {{"source", "ip-1"}, {"provider", "other:no domain"}}, "provider", ""},
                         {"GET", "/api/v1/lane/history", {{"source", "ip-1"}, {"provider", "gogle"}}, "provider", "google"},
                         {"GET", "/api/v1/lane/history", {{"source", "ip-1"}, {"provider", "yahoo"}}, "lane", ""}}) {
    const HttpReply reply = ask(each.method, each.path, each.query);
    problem_of(reply);
    const json::object problem = json::parse(reply.body).as_object();
    EXPECT_EQ(text(problem.at("unknown")), each.unknown) << each.path << " " << reply.body;
    if (each.nearest.empty()) continue;
    EXPECT_EQ(text(problem.at("nearest")), each.nearest) << each.path << " " << reply.body;
  }
  EXPECT_EQ(problem_of("GET", "/api/v1/queue", {{"domain", "no domain"}}), 400U);
  EXPECT_EQ(problem_of("GET", "/api/v1/queue", {{"recipient", "gmail.com"}}), 400U);
  EXPECT_EQ(get("/api/v1/status", {{"provider", "yahoo"}}).at("lanes").as_array().size(), 0U) << "known, and idle";
}

TEST_F(ApiTest, AStatusOfOneProviderHasItsLanesAndQueuesOnly) {
  Receiver& other = town.receiver("other.test");
  other.close();
  submit_to_nowhere(2);
  out.submit(1, to("other.test"));
  town.pass(2min);
  const json::object status = get("/api/v1/status", {{"provider", "other:other.test"}});
  for (const char* list : {"lanes", "queues"}) {
    for (const auto& each : status.at(list).as_array()) EXPECT_EQ(each.as_object().at("provider"), "other:other.test");
    EXPECT_EQ(status.at(list).as_array().size(), 1U) << list;
  }
  EXPECT_EQ(status.at("queue").as_object().at("recipients"), 3) << "the queue is the whole one";
}

TEST_F(ApiTest, WhatIsNoQuestionIsAProblem) {
  for (const char* limit : {"0", "-1", "10001", "18446744073709551617", "10x", " 10", "1e3", "\xff"})
    EXPECT_EQ(problem_of("GET", "/api/v1/queue", {{"limit", limit}}), 400U) << limit;
  for (const char* id : {"x", "../../etc/passwd", "036WBEGC0C00", "ZZZZZZZZZZZZZ", "\xff\xfe", "036WBEGC0C000/0"}) {
    EXPECT_EQ(problem_of("GET", "/api/v1/queue", {{"cursor", id}}), 400U) << id;
    EXPECT_EQ(problem_of("GET", "/api/v1/queue", {{"id", id}}), 400U) << id;
    EXPECT_EQ(problem_of("GET", std::string("/api/v1/messages/") + id), 400U) << id;
  }
  for (const char* id : {"x", "ZZZZZZZZZZZZZ", "\xff\xfe", "036WBEGC0C000/", "036WBEGC0C000/-1", "036WBEGC0C000/4294967296"})
    EXPECT_EQ(problem_of("GET", std::string("/api/v1/why/") + id), 400U) << id;
  for (const char* name : {"domian", "", "limit ", "domain class", "\xff", "all"})
    EXPECT_EQ(problem_of("GET", "/api/v1/queue", {{name, "x"}}), 400U) << name;
}

TEST_F(ApiTest, WhatIsMissingOrMalformedIsNamed) {
  struct Case {
    std::string method, path;
    Query query;
    std::string named;
  };
  for (const Case& each : std::vector<Case>{
           {"GET", "/api/v1/forecast", {}, "provider: expected a value"},
           {"GET", "/api/v1/forecast", {{"provider", ""}}, "provider: expected a value"},
           {"GET", "/api/v1/forecast", {{"provider", "google"}, {"days", "0"}}, "days: expected 1 to 3650, found 0"},
           {"GET", "/api/v1/forecast", {{"provider", "google"}, {"days", "4000"}}, "days: expected 1 to 3650"},
           {"GET", "/api/v1/forecast", {{"provider", "google"}, {"backlog", "many"}}, "backlog: expected a whole"},
           {"GET", "/api/v1/forecast", {{"provider", "google"}, {"per_day", "x"}, {"days", "0"}}, "per_day: expected a whole"},
           {"POST", "/api/v1/lane/set", {{"source", "ip-1"}, {"provider", "google"}, {"stage", "x"}}, "stage: expected a whole"},
           {"POST", "/api/v1/lane/pause", {{"source", "ip-1"}, {"provider", "google"}, {"for", "1d"}}, "for: expected a whole"},
           {"GET", "/api/v1/lane/history", {{"provider", "google"}}, "source: expected a value"},
           {"GET", "/api/v1/lane/history", {{"source", "ip-1"}}, "provider: expected a value"},
           {"POST", "/api/v1/lane/pause", {{"source", "ip-1"}}, "provider: expected a value"},
           {"GET", "/api/v1/status", {{"provider", ""}}, "provider: expected a value"},
           {"GET", "/api/v1/queue", {{"limit", ""}}, "limit: expected a value"},
           {"POST", "/api/v1/queue/drop", {{"class", "bulk"}, {"domain", ""}}, "domain: expected a value"},
           {"GET", "/api/v1/history", {{"recipient", "ann"}}, "recipient: expected an address"},
           {"GET", "/api/v1/history", {{"since", "yesterday"}}, "since: expected a time"},
           {"POST", "/api/v1/reload", {{"now", "1"}}, "unknown parameter"},
           {"GET", "/api/v1/spool/verify", {{"fast", "1"}}, "unknown parameter"},
           {"GET", "/api/v1/messages/036WBEGC0C000", {{"all", "1"}}, "unknown parameter"},
           {"GET", "/api/v1/why/036WBEGC0C000", {{"all", "1"}}, "unknown parameter"}}) {
    const HttpReply reply = ask(each.method, each.path, each.query);
    EXPECT_EQ(problem_of(reply), 400U) << each.path << " " << reply.body;
    EXPECT_THAT(reply.body, HasSubstr(each.named)) << each.path;
  }
}

TEST_F(ApiTest, PathsAndMethodsAreToldApart) {
  EXPECT_EQ(ask("GET", "/healthz").body, "ok\n");
  for (const char* path : {"/", "/api", "/api/v1/", "/api/v2/status", "/api/v1/messages/", "/api/v1/statusx", "/\xff"})
    EXPECT_EQ(problem_of("GET", path), 404U) << path;
  for (const char* path : {"/api/v1/status", "/api/v1/queue", "/api/v1/messages/036WBEGC0C000", "/api/v1/why/036WBEGC0C000"})
    EXPECT_EQ(problem_of("DELETE", path), 405U) << path;
  EXPECT_EQ(problem_of("GET", "/api/v1/reload"), 405U);
  EXPECT_EQ(problem_of("GET", "/api/v1/queue/drop"), 405U);
  EXPECT_EQ(problem_of("POST", "/api/v1/queue/burn"), 404U);
  EXPECT_EQ(problem_of("GET", "/api/v1/messages/036WBEGC0C000"), 404U) << "never accepted";
}

TEST_F(ApiTest, NothingIsMovedByASlipOfThePen) {
  submit_to_nowhere(4);
  EXPECT_EQ(problem_of("POST", "/api/v1/queue/drop"), 400U);
  EXPECT_EQ(problem_of("POST", "/api/v1/queue/drop", {{"all", "1"}}), 400U);
  EXPECT_EQ(problem_of("POST", "/api/v1/queue/drop", {{"domain", ""}}), 400U);
  EXPECT_EQ(problem_of("POST", "/api/v1/queue/drop", {{"all", "true"}, {"domian", "gmail.test"}}), 400U);
  EXPECT_EQ(problem_of("POST", "/api/v1/queue/drop", {{"id", "nonsense"}, {"all", "true"}}), 400U);
  EXPECT_EQ(out.waiting(), 4U);
}

TEST_F(ApiTest, DroppedMailIsGoneAndNobodyIsToldButTheEvents) {
  submit_to_nowhere(3);
  const Query one{{"recipient", "user1@gmail.test"}, {"by", "ann"}, {"reason", "test \xff\r\n"}};
  EXPECT_EQ(post("/api/v1/queue/drop", one).at("recipients").to_number<int>(), 1);
  EXPECT_EQ(out.waiting(), 2U);
  EXPECT_EQ(post("/api/v1/queue/drop", one).at("recipients").to_number<int>(), 0);
  EXPECT_EQ(post("/api/v1/queue/drop", {{"all", "true"}}).at("recipients").to_number<int>(), 2);
  town.pass(10min);
  EXPECT_EQ(home.accepted(), 0U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST_F(ApiTest, BouncedMailGoesBackWithTheReason) {
  submit_to_nowhere(1);
  EXPECT_EQ(post("/api/v1/queue/bounce", {{"domain", "gmail.test"}, {"reason", "moved\r\nX-Evil: 1"}})
                .at("recipients")
                .to_number<int>(),
            1);
  town.pass(10min);
  ASSERT_EQ(home.accepted(), 1U) << town.story();
  EXPECT_THAT(home.copies()[0].letter->body,
              HasSubstr("Diagnostic-Code: X-warmupd; returned by the operator: moved  X-Evil: 1\r\n"));
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST_F(ApiTest, RetriedMailGoesAtOnce) {
  submit_to_nowhere(3);
  town.pass(1h);
  gmail.open();
  EXPECT_EQ(post("/api/v1/queue/retry", {{"all", "true"}}).at("recipients").to_number<int>(), 3);
  town.pass(1min);
  EXPECT_EQ(gmail.accepted(), 3U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST_F(ApiTest, MailIsDroppedWhileOthersOfItsLineAreInConversation) {
  gmail.manners.delays[smtp::Stage::dot] = 60s;
  out.submit(100, to("gmail.test"));
  town.pass(10s);
  post("/api/v1/queue/drop", {{"domain", "gmail.test"}});
  town.pass(1h);
  EXPECT_EQ(out.waiting(), 0U) << town.story();
  EXPECT_GE(gmail.accepted(), 1U);
  EXPECT_LE(gmail.accepted(), 20U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST_F(ApiTest, MailInConversationIsDroppedWhenItComesBackAndNotWhenItWasDelivered) {
  gmail.manners.tarpit = 20s;
  out.submit(1, to("gmail.test"));
  town.pass(30s);
  EXPECT_EQ(post("/api/v1/queue/drop", {{"all", "true"}}).at("in_conversation").to_number<int>(), 1);
  town.pass(10min);
  EXPECT_EQ(gmail.accepted(), 1U) << "too late to stop it";
  gmail.manners.answers[Stage::rcpt] = "451 4.3.0 later";
  out.submit(1, to("gmail.test"));
  town.pass(30s);
  EXPECT_EQ(post("/api/v1/queue/drop", {{"all", "true"}}).at("in_conversation").to_number<int>(), 1);
  town.pass(10min);
  EXPECT_EQ(out.waiting(), 0U) << town.story();
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST_F(ApiTest, WhyShowsTheGatesOfAMessageOrOfOneRecipient) {
  submit_to_nowhere(1);
  const std::string id = ids(get("/api/v1/queue")).at(0);
  const json::object why = get("/api/v1/why/" + id);
  const json::object& recipient = why.at("recipients").as_array().at(0).as_object();
  EXPECT_EQ(text(recipient.at("id")), id + "/0");
  ASSERT_FALSE(recipient.at("gates").as_array().empty());
  for (const auto& gate : recipient.at("gates").as_array())
    EXPECT_THAT(names(gate.as_object()), IsSupersetOf({"gate", "value", "limit", "open", "next"}));
  EXPECT_EQ(get("/api/v1/why/" + id + "/0").at("recipients").as_array().size(), 1U);
  EXPECT_EQ(problem_of("GET", "/api/v1/why/" + id + "/7"), 404U);
  EXPECT_EQ(problem_of("GET", "/api/v1/why/" + id + "/07"), 400U);
  EXPECT_EQ(text(get("/api/v1/messages/" + id).at("id")), id);
}

TEST_F(ApiTest, AReloadSaysWhatItDidOrThatTheOldConfigurationStays) {
  EXPECT_EQ(text(post("/api/v1/reload").at("said").as_array().at(0)), "reloaded");
  reload = []() -> std::vector<std::string> { throw std::runtime_error("warmupd.toml:3: expected a size, found \xff"); };
  const HttpReply refused = ask("POST", "/api/v1/reload");
  EXPECT_EQ(problem_of(refused), 409U);
  EXPECT_THAT(refused.body, HasSubstr("warmupd.toml:3"));
  reload = []() -> std::vector<std::string> {
    throw conf::ConfigError({{{"warmupd.toml", 7}, "plan.start: expected 1, found 0"}});
  };
  const HttpReply wrong = ask("POST", "/api/v1/reload");
  EXPECT_EQ(problem_of(wrong), 409U);
  EXPECT_THAT(wrong.body, HasSubstr(R"("problems":[{"file":"warmupd.toml","line":7,"text":"plan.start: expected 1, found 0"}])"));
}

// Mail of a class that is gone goes by bulk, and is found as such and by its own name.
TEST_F(ApiTest, MailOfAClassThatIsGoneIsFoundByTheClassThatItGoesBy) {
  out.config().classes.push_back(out.config().classes.front());
  out.config().classes.back().name = "news";
  out.server().reload(out.config());
  gmail.close();
  Mail mail = to("gmail.test");
  mail.headers = "X-Warmup-Class: news\r\n";
  out.submit(1, mail);
  town.pass(1min);
  const auto found = [&](const char* name) { return get("/api/v1/queue", {{"class", name}}).at("messages").as_array().size(); };
  EXPECT_EQ(found("news"), 1U);
  EXPECT_EQ(found("bulk"), 0U);
  out.config().classes.pop_back();
  out.server().reload(out.config());
  town.pass(1s);
  EXPECT_EQ(found("bulk"), 1U);
}

}  // namespace
}  // namespace mta::sim
