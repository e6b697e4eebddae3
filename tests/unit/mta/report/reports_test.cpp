// What a report asks of the scheduler: copies of the lanes that the question is about, and of no others.
#include "mta/report/reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/world/disk.h"
#include "tests/sim/world/world.h"
#include "warmup/advance.h"

namespace mta {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::UnorderedElementsAre;

const Instant noon = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5) + 12h;

conf::Config two_sources() {
  conf::Config config;
  for (const char* name : {"transactional", "bulk"}) config.classes.push_back({.name = name});
  config.plans.emplace_back();
  for (const char* name : {"ip-1", "ip-2"}) {
    conf::Source source;
    source.name = name;
    source.plan = "default";
    config.sources.push_back(source);
  }
  conf::Pool pool;
  pool.name = "default";
  pool.sources = {"ip-1", "ip-2"};
  config.pools.push_back(pool);
  return config;
}

// A scheduler that has every lane it is asked for, cold and with a plan.
class Copies final : public Snapshots {
 public:
  explicit Copies(conf::Config made) : config_(std::make_shared<const conf::Config>(std::move(made))) {
    rules_->plan = &config_->plans.front();
    rules_->curve = warmup::Curve(config_->plans.front());
    rules_->day = warmup::DayRule(config_->plans.front());
    rules_->classes = &config_->classes;
  }
  Instant now() const override { return noon; }
  awaitable<std::shared_ptr<const conf::Config>> config() override { co_return config_; }
  awaitable<OverallState> overall(LaneFilter filter) override {
    OverallState state;
    state.now = noon;
    state.config = config_;
    for (const auto& lane : shown) {
      if (filter.fits(lane)) state.lanes.push_back(lane);
    }
    co_return state;
  }
  awaitable<LaneStates> lanes(std::set<LaneKey> wanted) override {
    asked.push_back(wanted);
    co_return states_of(wanted);
  }
  awaitable<std::vector<LaneKey>> senders(SenderFilter) override { co_return std::vector<LaneKey>{}; }
  awaitable<WayState> way_of(GateRequest request) override {
    const LaneKey lane{"ip-1", request.queue.provider};
    co_return WayState{{lane}, states_of({lane}), withheld_until, "does not answer"};
  }
  awaitable<std::vector<WithheldReport>> withheld_at(std::string) override { co_return std::vector<WithheldReport>{}; }
  awaitable<std::set<queue::RecipientId>> in_conversation(std::vector<queue::RecipientId>) override {
    co_return std::set<queue::RecipientId>{};
  }

  std::vector<LaneKey> shown;
  std::vector<std::set<LaneKey>> asked;
  std::optional<Instant> withheld_until;

 private:
  LaneStates states_of(const std::set<LaneKey>& wanted) const {
    LaneStates states{noon, config_, {}};
    for (const auto& key : wanted) {
      LaneState& lane = states.lanes[key];
      lane.rules = rules_;
      lane.most_connections = 5;
      warmup::advance_to({&lane.record, rules_.get()}, {noon, {}});
    }
    return states;
  }
  std::shared_ptr<const conf::Config> config_;
  std::shared_ptr<warmup::Rules> rules_ = std::make_shared<warmup::Rules>();
};

class ReportsTest : public testing::Test {
 protected:
  void begin(conf::Config config) {
    copies = std::make_unique<Copies>(std::move(config));
    for (const char* source : {"ip-1", "ip-2"}) {
      for (const char* provider : {"google", "yahoo", "other:a.test"}) copies->shown.push_back({source, provider});
    }
    reports = std::make_unique<Reports>(world.work, store, *copies);
  }
  void wait(const std::string& provider, std::uint64_t recipients) {
    const queue::QueueKey key{queue::QueueKind::routed, "default", provider, "bulk", "mx", ""};
    queue::QueueRecord record;
    record.waiting = recipients;
    queue::Batch batch;
    batch.put(queue::Family::queue, key.encode(), encode(record));
    store->write(batch);
  }
  ForecastReport forecast(const std::string& provider, const std::string& source = "") {
    ForecastRequest request;
    request.provider = provider;
    request.source = source;
    return world.loop.run(reports->forecast(request));
  }

  sim::SimDisk disk{5};
  sim::SimWorld world{5};
  std::shared_ptr<queue::Store> store = queue::Store::open("/spool", {.env = disk.env()});
  std::unique_ptr<Copies> copies;
  std::unique_ptr<Reports> reports;
};

TEST_F(ReportsTest, AForecastAsksForTheLanesOfItsProvider) {
  begin(two_sources());
  wait("google", 300);
  wait("yahoo", 500);
  const auto report = forecast("google");
  EXPECT_EQ(report.request.waiting, 300U);
  EXPECT_TRUE(report.forecast.gone.has_value());
  EXPECT_THAT(copies->asked, ElementsAre(UnorderedElementsAre(LaneKey{"ip-1", "google"}, LaneKey{"ip-2", "google"})));
  forecast("google", "ip-2");
  EXPECT_THAT(copies->asked.back(), ElementsAre(LaneKey{"ip-2", "google"}));
}

TEST_F(ReportsTest, UnderATotalOverEverythingItAsksForThoseWhereMailWaitsToo) {
  auto config = two_sources();
  config.sources[0].overall = "default";
  begin(std::move(config));
  wait("google", 300);
  wait("yahoo", 500);
  wait("other:a.test", 7);
  forecast("google");
  EXPECT_THAT(copies->asked,
              ElementsAre(UnorderedElementsAre(LaneKey{"ip-1", "google"}, LaneKey{"ip-2", "google"}, LaneKey{"ip-1", "yahoo"})));
}

TEST_F(ReportsTest, AQuestionAboutOneLaneCostsTheLanesOfItsProvider) {
  begin(two_sources());
  wait("google", 300);
  wait("yahoo", 500);
  const LaneFilter one{"ip-1", "google"};
  const auto status = world.loop.run(reports->status(one));
  ASSERT_EQ(status.lanes.size(), 1U);
  EXPECT_EQ(status.lanes[0].waiting, 300U);
  EXPECT_TRUE(status.lanes[0].eta.has_value());
  EXPECT_THAT(copies->asked, ElementsAre(UnorderedElementsAre(LaneKey{"ip-1", "google"}, LaneKey{"ip-2", "google"})));
}

TEST_F(ReportsTest, StatusSaysOfEveryLaneAndQueueWhenTheLastGoes) {
  begin(two_sources());
  wait("google", 300);
  wait("yahoo", 500);
  const auto status = world.loop.run(reports->status());
  EXPECT_EQ(status.lanes.size(), copies->shown.size());
  ASSERT_EQ(status.queues.size(), 2U);
  EXPECT_EQ(status.queues[0].provider, "yahoo") << "most first";
  ASSERT_TRUE(status.queues[0].eta && status.queues[1].eta);
  EXPECT_GT(*status.queues[0].eta, *status.queues[1].eta);
  for (const auto& lane : status.lanes) EXPECT_EQ(lane.eta.has_value(), lane.provider != "other:a.test") << lane.provider;
}

TEST_F(ReportsTest, WhyNamesEveryGateOfTheWay) {
  auto config = two_sources();
  config.pools[0].overflow = "relay";
  begin(std::move(config));
  copies->withheld_until = noon + 1h;
  const queue::QueueKey key{queue::QueueKind::routed, "default", "google", "bulk", "mx", ""};
  const GateRequest request{key, "", "sender.test", noon - 10min};
  const auto gates = world.loop.run(reports->lane_gates(request));
  std::vector<std::string> names;
  for (const auto& gate : gates) names.push_back(gate.gate);
  EXPECT_THAT(names, IsSupersetOf({"sender", "max_wait", "overflow", "lane", "connections", "cap", "pace"}));
  EXPECT_EQ(gates[0].next, noon + 1h);
  EXPECT_EQ(gates[1].text, "has waited 10m");
  EXPECT_EQ(gates[2].text, "relay, does not answer");
}

TEST_F(ReportsTest, MailWithoutARouteIsOnTheWayToNoLane) {
  begin(two_sources());
  const queue::QueueKey key{queue::QueueKind::unrouted, "default", "example.org", "bulk", "", ""};
  const GateRequest request{key, "", "", noon};
  EXPECT_THAT(world.loop.run(reports->lane_gates(request)), IsEmpty());
}

}  // namespace
}  // namespace mta
