// What became of mail that is no longer in the queue: found by id, recipient, sender and Message-ID, for as long as was asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "mta/control/api.h"
#include "tests/sim/town.h"

namespace mta::sim {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

using Query = std::map<std::string, std::string>;

class History : public testing::Test {
 protected:
  HttpReply ask(const std::string& path, const Query& query = {}, const std::string& method = "GET") {
    Api api({out().server(), [] { return std::vector<std::string>{}; }});
    return town.world().loop.run(api.handle({method, path, query, ""}));
  }
  json::object get(const std::string& path, const Query& query = {}) {
    const HttpReply reply = ask(path, query);
    EXPECT_EQ(reply.status, 200U) << reply.body;
    return json::parse(reply.body).as_object();
  }
  // "ann@gmail.test delivered" of each that is found.
  std::vector<std::string> found(const Query& query = {}) {
    std::vector<std::string> made;
    const json::object page = get("/api/v1/history", query);
    for (const auto& row : page.at("history").as_array()) made.push_back(text(row, "recipient") + " " + text(row, "fate"));
    return made;
  }
  static std::string text(const json::value& of, const char* name) { return std::string(of.as_object().at(name).as_string()); }
  std::string submit(const std::string& recipient, const std::string& sender = "app@sender.test") {
    Mail mail;
    mail.sender = sender;
    mail.recipients = {recipient};
    const auto number = out().submit(mail);
    town.pass(1min);
    return out().clients.submissions().at(number - 1).id;
  }
  Daemon& out() { return *daemon; }
  void begin(Wishes wishes = {}) { daemon = &town.mta(std::move(wishes)); }

  Town town{seed_from_env_or(31)};
  Receiver& gmail = town.receiver("gmail.test");
  Daemon* daemon = nullptr;
};

TEST_F(History, WhyKnowsWhatBecameOfMailThatIsGone) {
  begin();
  const std::string id = submit("ann@gmail.test");
  const json::object why = get("/api/v1/why/" + id);
  const json::object& one = why.at("recipients").as_array().at(0).as_object();
  EXPECT_EQ(text(one, "fate"), "delivered");
  EXPECT_EQ(text(one, "recipient"), "ann@gmail.test");
  EXPECT_EQ(text(one, "sender"), "app@sender.test");
  const json::object& last = one.at("last").as_object();
  EXPECT_EQ(text(last, "verdict"), "delivered");
  EXPECT_EQ(text(last, "mx"), "mx1.gmail.test");
  EXPECT_EQ(text(last, "source"), "ip-1");
  EXPECT_TRUE(one.at("next_try").is_null());
  EXPECT_TRUE(one.at("gates").as_array().empty());
  EXPECT_EQ(get("/api/v1/why/" + id + "/0").at("recipients").as_array().size(), 1U);
  EXPECT_EQ(ask("/api/v1/why/" + id + "/1").status, 404U);
  const HttpReply show = ask("/api/v1/messages/" + id);
  EXPECT_EQ(show.status, 404U);
  EXPECT_THAT(show.body, HasSubstr("delivered to ann@gmail.test"));
}

TEST_F(History, EveryEndIsFoundUnderItsName) {
  gmail.manners.unknown = {"nobody@gmail.test"};
  town.receiver("sender.test");
  auto& dead = town.receiver("dead.test");
  dead.close();
  Wishes wishes;
  wishes.retry.first = 1h;
  wishes.retry.lifetime = 2h;
  begin(wishes);
  submit("ann@gmail.test");
  submit("nobody@gmail.test");
  submit("late@dead.test");
  submit("dropped@dead.test");
  ask("/api/v1/queue/drop", {{"recipient", "dropped@dead.test"}, {"by", "root"}, {"reason", "a mistake"}}, "POST");
  EXPECT_THAT(found({{"recipient", "late@dead.test"}}), ElementsAre("late@dead.test waiting"));
  town.pass(24h);
  EXPECT_THAT(found({{"sender", "app@sender.test"}}),
              UnorderedElementsAre("ann@gmail.test delivered", "nobody@gmail.test bounced", "late@dead.test expired",
                                   "dropped@dead.test dropped"));
  const json::value dropped = get("/api/v1/history", {{"recipient", "dropped@dead.test"}}).at("history").as_array().at(0);
  EXPECT_EQ(text(dropped, "by"), "root");
  EXPECT_EQ(text(dropped, "reason"), "a mistake");
}

TEST_F(History, ABounceByAnOperatorSaysWhoAndWhy) {
  town.receiver("dead.test").close();
  begin();
  submit("ann@dead.test");
  ask("/api/v1/queue/bounce", {{"recipient", "ann@dead.test"}, {"by", "root"}, {"reason", "no more"}}, "POST");
  town.pass(1min);
  const json::value bounced = get("/api/v1/history", {{"recipient", "ann@dead.test"}}).at("history").as_array().at(0);
  EXPECT_EQ(text(bounced, "fate"), "bounced");
  EXPECT_EQ(text(bounced, "by"), "root");
  EXPECT_EQ(text(bounced, "reason"), "no more");
}

// What closed the site is what its mail ended of, with the words of whoever said it.
TEST_F(History, MailThatExpiresAtAClosedSiteTellsWhoClosedIt) {
  auto& sender = town.receiver("sender.test");
  town.receiver("dead.test").close();
  town.receiver("shut.test").manners.answers[Stage::banner] = "554 5.3.2 no service for you";
  Wishes wishes;
  wishes.retry.lifetime = 2h;
  begin(wishes);
  submit("ann@shut.test");
  submit("bob@dead.test");
  town.pass(24h);
  std::map<std::string, std::string> reports;
  for (const Copy& copy : sender.copies()) {
    const std::string& body = copy.letter->body;
    reports[body.find("<ann@shut.test>") != std::string::npos ? "ann" : "bob"] = body;
  }
  EXPECT_THAT(reports["ann"], HasSubstr("host mx1.shut.test said: 554 5.3.2 no service for you\r\n"));
  EXPECT_THAT(reports["ann"], HasSubstr("Diagnostic-Code: smtp; 554 5.3.2 no service for you\r\n"));
  EXPECT_THAT(reports["ann"], HasSubstr("Remote-MTA: dns; mx1.shut.test\r\n"));
  EXPECT_THAT(reports["bob"], HasSubstr("Diagnostic-Code: X-warmupd; mx1.dead.test (198.18.0."));
  EXPECT_THAT(reports["bob"], HasSubstr("Status: 4.4.7\r\n"));
}

TEST_F(History, IsFoundWithoutCaseByDomainAndByMessageId) {
  begin();
  const std::string id = submit("Ann@gmail.test", "News@sender.test");
  submit("bob@gmail.test");
  EXPECT_THAT(found({{"recipient", "ann@GMAIL.test"}}), ElementsAre("Ann@gmail.test delivered"));
  EXPECT_THAT(found({{"recipient", "@gmail.test"}}), ElementsAre("Ann@gmail.test delivered", "bob@gmail.test delivered"));
  EXPECT_THAT(found({{"sender", "news@sender.test"}}), ElementsAre("Ann@gmail.test delivered"));
  EXPECT_THAT(found({{"recipient", "n@gmail.test"}}), ElementsAre());
  const std::string message_id = text(get("/api/v1/why/" + id).at("recipients").as_array().at(0), "message_id");
  EXPECT_THAT(found({{"message_id", message_id}}), ElementsAre("Ann@gmail.test delivered"));
  EXPECT_THAT(found({{"message_id", message_id.substr(1, message_id.size() - 2)}}), ElementsAre("Ann@gmail.test delivered"));
}

TEST_F(History, PagesAreWholeAndSinceHolds) {
  begin();
  out().submit(25, to("gmail.test"));
  town.pass(10min);
  const std::string then = queue::rfc3339(town.now());
  town.pass(10min);
  submit("late@gmail.test");
  std::vector<std::string> all;
  Query query{{"limit", "4"}};
  for (unsigned pages = 0; pages < 20; ++pages) {
    const json::object page = get("/api/v1/history", query);
    for (const auto& row : page.at("history").as_array()) all.push_back(text(row, "id"));
    if (page.at("next_cursor").is_null()) break;
    query["cursor"] = text(page, "next_cursor");
  }
  EXPECT_EQ(all.size(), 26U);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 26U);
  EXPECT_THAT(found({{"since", then}}), ElementsAre("late@gmail.test delivered"));
  EXPECT_THAT(found({{"since", "5m"}}), ElementsAre("late@gmail.test delivered"));
  for (const Query& wrong : {Query{{"since", "yesterday"}}, Query{{"cursor", "x"}}, Query{{"limit", "0"}}, Query{{"to", "a"}}})
    EXPECT_EQ(ask("/api/v1/history", wrong).status, 400U);
}

TEST_F(History, SurvivesACrashAndEndsWithKeep) {
  begin();
  const std::string id = submit("ann@gmail.test");
  out().crash_and_restart();
  EXPECT_THAT(found(), ElementsAre("ann@gmail.test delivered"));
  town.pass(7 * 24h - 30min);
  EXPECT_THAT(found(), ElementsAre("ann@gmail.test delivered"));
  town.pass(3h);
  EXPECT_THAT(found(), ElementsAre());
  EXPECT_EQ(ask("/api/v1/why/" + id).status, 404U);
}

TEST_F(History, OfNothingIsKeptWhenNothingIsWanted) {
  Wishes wishes;
  wishes.change = [](conf::Config& config) { config.history.keep = 0s; };
  begin(wishes);
  const std::string id = submit("ann@gmail.test");
  EXPECT_THAT(found(), ElementsAre());
  EXPECT_EQ(ask("/api/v1/why/" + id).status, 404U);
}

TEST_F(History, AMaillogTellsTheWayOfEachMessage) {
  gmail.manners.unknown = {"nobody@gmail.test"};
  gmail.manners.greylist = 5min;
  town.receiver("sender.test");
  auto& dead = town.receiver("dead.test");
  dead.close();
  Wishes wishes;
  wishes.retry.first = 1h;
  wishes.retry.lifetime = 2h;
  wishes.change = [](conf::Config& config) { config.log.maillog = "/maillog"; };
  begin(wishes);
  const std::string id = submit("ann@gmail.test"), gone = submit("nobody@gmail.test"), late = submit("late@dead.test");
  town.pass(24h);
  const std::string log = out().disk().contents("/maillog");
  EXPECT_THAT(log, HasSubstr("mta1.sender.test warmupd/qmgr[1]: " + id + ": from=<app@sender.test>, size="));
  EXPECT_THAT(log, HasSubstr("warmupd/smtp[1]: " + id + ": to=<ann@gmail.test>, relay=mx1.gmail.test[198.18.0.1]:25, delay="));
  EXPECT_THAT(log, HasSubstr("dsn=4.2.0, status=deferred (host mx1.gmail.test[198.18.0.1] said: 450 4.2.0 Greylisted"));
  EXPECT_THAT(log, HasSubstr("dsn=2.0.0, status=sent (250 "));
  EXPECT_THAT(log, HasSubstr(id + ": removed\n"));
  EXPECT_THAT(log, HasSubstr(gone + ": to=<nobody@gmail.test>, relay=mx1.gmail.test[198.18.0.1]:25"));
  EXPECT_THAT(log, HasSubstr("status=bounced (host mx1.gmail.test[198.18.0.1] said: 550 5.1.1"));
  EXPECT_THAT(log, HasSubstr(late + ": to=<late@dead.test>, relay=none, delay=")) << "an attempt that met no server is one too";
  EXPECT_THAT(log, HasSubstr(late + ": from=<app@sender.test>, status=expired, returned to sender\n"));
}

}  // namespace
}  // namespace mta::sim
