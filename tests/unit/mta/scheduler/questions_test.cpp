// What people ask is computed on the work pool: while it takes its time, mail is accepted and settled (DESIGN.md §4.1).
#include <gtest/gtest.h>

#include "mta/scheduler/scheduler_thread.h"
#include "tests/sim/world/disk.h"
#include "tests/sim/world/world.h"

namespace mta {
namespace {

using namespace std::chrono_literals;

// A pool whose every job takes a minute.
class SlowPool final : public Work {
 public:
  explicit SlowPool(sim::Loop& loop) : loop_(loop) {}
  awaitable<void> run(std::function<void()> job) override {
    if (slow) co_await loop_.wait_until(loop_.now() + 1min);
    job();
  }
  bool slow = false;

 private:
  sim::Loop& loop_;
};

conf::Config one_source_with_a_plan() {
  conf::Config config;
  config.hostname = "mta.sender.test";
  for (const char* name : {"transactional", "bulk"}) config.classes.push_back({.name = name});
  config.plans.emplace_back();
  config.plans.back().start = 20;
  config.plans.back().pace = warmup::Pace::none;
  conf::Source source;
  source.name = "ip-1";
  source.address = "192.0.2.10";
  source.plan = "default";
  config.sources.push_back(source);
  conf::Pool pool;
  pool.name = "default";
  pool.sources = {"ip-1"};
  config.pools.push_back(pool);
  return config;
}

class Questions : public testing::Test {
 protected:
  Questions() {
    scheduler.start();
    world.loop.settle();
    for (int n = 0; n < 60; ++n) accept("p1.test");
  }
  ~Questions() override {
    scheduler.abandon();
    world.loop.end();
  }
  awaitable<Acceptance> submit(const std::string& domain) {
    Incoming mail;
    mail.message.id = scheduler.new_id();
    mail.message.mail_class = "bulk";
    mail.message.chunks = 1;
    mail.message.size = 10;
    mail.tail = "A: b\r\n\r\nc\r\n";
    mail.recipients.resize(1);
    mail.recipients[0].address = "user@" + domain;
    return scheduler.accept(std::move(mail));
  }
  std::string accept(const std::string& domain) {
    const Acceptance kept = world.loop.run(submit(domain));
    EXPECT_EQ(kept.kept, AcceptResult::kept);
    return kept.opens;
  }
  template <class T>
  std::shared_ptr<bool> ask(awaitable<T> question) {
    pool.slow = true;
    auto answered = std::make_shared<bool>(false);
    world.loop.spawn(world.loop.outside(), "question", wait_for(std::move(question), answered));
    world.loop.settle();
    return answered;
  }
  // Mail for another destination is accepted at once, and its conversation begins; only then the question is answered.
  template <class T>
  void goes_on_during(awaitable<T> question) {
    const auto answered = ask(std::move(question));
    const auto begun = conversations.size();
    const auto asked_at = world.loop.now();
    accept("p2.test");
    world.loop.settle();
    EXPECT_EQ(conversations.size(), begun + 1);
    EXPECT_LT(world.loop.now() - asked_at, 1s);
    EXPECT_FALSE(*answered) << "it was computed elsewhere";
    world.loop.pass(10min);
    EXPECT_TRUE(*answered);
  }

  sim::SimDisk disk{7};
  sim::SimWorld world{7};
  SlowPool pool{world.loop};
  std::vector<Assignment> conversations;
  std::shared_ptr<const conf::Config> config = std::make_shared<const conf::Config>(one_source_with_a_plan());
  SchedulerThread scheduler{
      World{world.calendar, world.stopwatch, world.net, world.resolver, pool, world.dice, disk, world.threads},
      Policy{config, std::make_shared<const Providers>(config->providers)}, queue::Store::open("/spool", {.env = disk.env()}),
      SchedulerHooks{[this](const Assignment& assignment) { conversations.push_back(assignment); },
                     [this](const std::string& domain) {
                       scheduler.routed(domain, {RouteResult::found, domain.substr(0, 2), "mx." + domain, 24h, 0, ""});
                     }}};

 private:
  template <class T>
  static awaitable<void> wait_for(awaitable<T> question, std::shared_ptr<bool> answered) {
    co_await std::move(question);
    *answered = true;
  }
};

TEST_F(Questions, AForecastHoldsUpNothing) {
  ForecastRequest request;
  request.provider = "p1";
  goes_on_during(scheduler.reports().forecast(request));
}

TEST_F(Questions, StatusHoldsUpNothing) { goes_on_during(scheduler.reports().status()); }

TEST_F(Questions, WhyHoldsUpNothing) {
  const queue::QueueKey key{queue::QueueKind::routed, "default", "p1", "bulk", "mx.p1.test", ""};
  goes_on_during(scheduler.reports().lane_gates({key, "", "", {}}));
}

TEST_F(Questions, OnlyTheMailThatIsToldWhenItsQueueOpensWaitsForThat) {
  world.loop.pass(2min);  // what was known is old
  const auto told = ask(submit("p1.test"));
  accept("p2.test");
  EXPECT_FALSE(*told);
  world.loop.pass(10min);
  EXPECT_TRUE(*told);
  pool.slow = false;
  EXPECT_EQ(accept("p1.test").substr(0, 14), "p1 opens about");
}

TEST_F(Questions, MailThatWaitsForAForecastIsRefusedWithTheRestWhenTheDaemonStops) {
  world.loop.pass(2min);  // what was known is old
  const auto told = ask(submit("p1.test"));
  EXPECT_FALSE(*told);
  scheduler.finish([] {});
  world.loop.settle();
  EXPECT_TRUE(*told) << "though the forecast is still being made";
  world.loop.pass(10min);
}

TEST_F(Questions, AnOldForecastIsToldToNobody) {
  QueueFilter filter;
  filter.provider = "p1";
  world.loop.run(scheduler.act_on_queue(filter, "", QueueAction::drop, "ann", ""));
  world.loop.pass(10min);
  std::vector<std::string> opens;
  const auto note = [](awaitable<Acceptance> submitted, std::vector<std::string>* into) -> awaitable<void> {
    into->push_back((co_await std::move(submitted)).opens);
  };
  for (int n = 0; n < 2; ++n) world.loop.spawn(world.loop.outside(), "mail", note(submit("p1.test"), &opens));
  world.loop.settle();
  EXPECT_EQ(opens, (std::vector<std::string>{"", ""}))
      << "two are no reason to make one anew, and what was known is of ten minutes ago";
}

}  // namespace
}  // namespace mta
