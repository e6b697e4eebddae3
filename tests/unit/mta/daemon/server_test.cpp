// The whole daemon between two configurations and between two lives.
#include "mta/daemon/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "conf/load.h"
#include "tests/sim/town.h"

namespace mta::sim {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class ServerTest : public testing::Test {
 protected:
  ~ServerTest() override { EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once()); }

  std::vector<std::string> reload(const std::function<void(conf::Config&)>& change) {
    conf::Config config = out.config();
    change(config);
    auto said = out.server().reload(config);
    out.config() = std::move(config);
    town.pass(1s);
    return said;
  }
  // What is wrong with it, in words.
  std::string refusal(const std::function<void(conf::Config&)>& change) {
    try {
      reload(change);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "taken";
  }
  // One more like the first, at this address.
  static void add_listener(conf::Config& config, const std::string& address) {
    config.listeners.push_back(config.listeners.front());
    config.listeners.back().address = address;
  }

  Town town{seed_from_env_or(41)};
  Receiver& gmail = town.receiver("gmail.test");
  Daemon& out = town.mta({.sources = {"192.0.2.10", "192.0.2.11"}});
};

TEST_F(ServerTest, AReloadOpensAndClosesListeners) {
  reload([](conf::Config& config) { add_listener(config, "192.0.2.1:2525"); });
  EXPECT_THAT(out.server().listening(), ElementsAre(*Endpoint::parse("192.0.2.1:25"), *Endpoint::parse("192.0.2.1:2525")));
  reload([](conf::Config& config) { config.listeners.erase(config.listeners.begin()); });
  EXPECT_THAT(out.server().listening(), ElementsAre(*Endpoint::parse("192.0.2.1:2525")));
  out.submit(1, to("gmail.test"));
  town.pass(1min);
  EXPECT_EQ(gmail.accepted(), 1U) << town.story();
}

TEST_F(ServerTest, AListenerThatCannotBeOpenedKeepsTheOldConfiguration) {
  const auto before = out.server().config();
  EXPECT_THAT(refusal([](conf::Config& config) {
                add_listener(config, "192.0.2.1:2525");
                add_listener(config, "198.18.0.1:25");  // gmail.test listens there
                config.limits.recipients = 1;
              }),
              HasSubstr("198.18.0.1:25"));
  EXPECT_EQ(out.server().config(), before);
  EXPECT_EQ(out.server().listening().size(), 1U);
  out.submit(3, to("gmail.test"));
  town.pass(1min);
  EXPECT_EQ(gmail.accepted(), 3U) << town.story();
}

TEST_F(ServerTest, WhatCannotChangeWhileItRunsIsRefusedByName) {
  const std::string said = refusal([](conf::Config& config) {
    config.spool = "/elsewhere";
    config.threads = 7;
    config.control.socket = "/elsewhere.sock";
    config.rehearsal.time_scale = 2;
  });
  for (const char* key : {"spool", "threads", "control.socket", "rehearsal"}) EXPECT_THAT(said, HasSubstr(key));
  EXPECT_EQ(out.server().config()->spool, "/spool");
}

TEST_F(ServerTest, WhatWaitsForTheNextStartIsSaid) {
  EXPECT_THAT(reload([](conf::Config& config) { config.events.file = "/events.jsonl"; }),
              Contains("events.file takes effect when warmupd starts again"));
  EXPECT_THAT(reload([](conf::Config& config) { config.events.file = "/events.jsonl"; }),
              Contains("events.file takes effect when warmupd starts again"))
      << "as long as it is so";
  EXPECT_THAT(reload([](conf::Config& config) { config.events.file = ""; }), Not(Contains(HasSubstr("takes effect when"))));
  EXPECT_THAT(reload([](conf::Config& config) { config.dns.servers = {"192.0.2.53"}; }),
              Contains("dns takes effect when warmupd starts again"));
}

TEST_F(ServerTest, MailOfAPoolThatIsGoneGoesByDefault) {
  out.stop();
  out.config().pools.push_back({{}, "other", {"ip-2"}, ""});
  out.config().routes.push_back({});
  out.config().routes.back().from_domain = "sender.test";
  out.config().routes.back().pool = "other";
  out.start();
  gmail.close();
  out.submit(5, to("gmail.test"));
  town.pass(2min);
  EXPECT_THAT(reload([](conf::Config& config) {
                config.pools.pop_back();
                config.pools.front().sources = {"ip-1"};
                config.routes.clear();
              }),
              Contains("pool other is gone: 1 line (5 recipients) goes by pool default"));
  gmail.open();
  town.pass(2h);
  ASSERT_EQ(gmail.accepted(), 5U) << town.story();
  for (const auto& copy : gmail.copies()) EXPECT_EQ(copy.letter->client.to_string(), "192.0.2.10");
}

TEST_F(ServerTest, MailOfAClassThatIsGoneGoesByBulk) {
  out.stop();
  warmup::ClassOptions news = out.config().classes.back();
  news.name = "news";
  out.config().classes.push_back(news);
  out.config().listeners.at(0).mail_class = "news";
  out.start();
  gmail.close();
  town.world().resolver.fails("nowhere.test");  // what is not routed is in a line too
  out.submit(3, to("gmail.test"));
  out.submit(2, to("nowhere.test"));
  town.pass(2min);
  EXPECT_THAT(reload([](conf::Config& config) {
                config.listeners.at(0).mail_class = "auto";
                config.classes.back().name = "empty";
              }),
              Contains("class news is gone: 2 lines (5 recipients) go by class bulk"));
  EXPECT_THAT(reload([](conf::Config& config) { config.classes.pop_back(); }),
              Contains("class empty is gone: nothing waits in it"));
  gmail.open();
  town.pass(2h);
  EXPECT_EQ(gmail.accepted(), 3U) << town.story();
}

TEST_F(ServerTest, AGreylistedMessageLeavesASourceThatIsGone) {
  gmail.manners.greylist = 5min;
  out.submit(4, to("gmail.test"));
  town.pass(1min);
  reload([](conf::Config& config) {
    config.sources.erase(config.sources.begin());
    config.pools.front().sources = {"ip-2"};
  });
  town.pass(6h);
  ASSERT_EQ(gmail.accepted(), 4U) << town.story();
  for (const auto& copy : gmail.copies()) EXPECT_EQ(copy.letter->client.to_string(), "192.0.2.11");
}

class EventsOfLives : public ServerTest {
 protected:
  EventsOfLives() {
    out.stop();
    out.config().events.file = "/events.jsonl";
    out.config().lacking.dkim_unsigned = conf::Unsigned::allow;  // else an event a domain and hour tells of it
    out.start();
  }
  // seq of every whole line of the file, in its order.
  std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> found;
    std::istringstream text(out.disk().contents("/events.jsonl"));
    for (std::string line; std::getline(text, line);)
      if (line.starts_with("{\"seq\":") && line.ends_with("}")) found.push_back(std::stoull(line.substr(7)));
    return found;
  }
};

TEST_F(EventsOfLives, AnOrderlyEndLeavesEachEventOnce) {
  for (std::uint64_t life = 1; life <= 3; ++life) {
    out.submit(10, to("gmail.test"));
    town.pass(2min);
    out.stop();
    const auto written = numbers();
    ASSERT_EQ(written.size(), life * 20) << "accepted and delivered of each";
    for (std::size_t i = 0; i < written.size(); ++i) ASSERT_EQ(written[i], i + 1);
    out.start();
  }
}

TEST_F(EventsOfLives, ACrashRepeatsSomeAndLosesNone) {
  for (int life = 0; life < 8; ++life) {
    out.submit(10, to("gmail.test"));
    town.pass(1min + life * 130ms);
    out.submit(3, to("gmail.test"));
    town.pass(20ms * life);
    out.crash_and_restart();
  }
  town.pass(1h);
  out.stop();
  Evidence evidence;
  out.read_spool(evidence);
  const auto written = numbers();
  std::set<std::uint64_t> seen(written.begin(), written.end());
  for (const auto& event : evidence.events) EXPECT_TRUE(seen.contains(event.seq)) << event.text;
  out.start();
}

}  // namespace
}  // namespace mta::sim
