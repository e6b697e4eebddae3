// Event rows: in order, numbered, gone when they are old.
#include "mta/observe/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/world/disk.h"

namespace mta {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

const Instant nine = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 9h + 5ms;

class Events : public testing::Test {
 protected:
  Events() { store = queue::Store::open("/spool", {.env = disk.env()}); }

  void happened(Instant when, const Event& event = AcceptedEvent{}) {
    queue::Batch batch;
    log.add(batch, when, event);
    store->write(batch);
  }
  std::vector<std::string> rows() const {
    std::vector<std::string> found;
    for (auto row = store->scan(queue::Family::event, "", ""); row.valid(); row.next()) found.emplace_back(row.value());
    return found;
  }
  std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> found;
    for (auto row = store->scan(queue::Family::event, "", ""); row.valid(); row.next()) found.push_back(event_seq(row.key()));
    return found;
  }
  sim::SimDisk disk{1};
  std::unique_ptr<queue::Store> store;
  EventLog log{0};
};

TEST_F(Events, AreRowsWithTheirNumberAsKey) {
  happened(nine, ClockEvent{5s, 7s});
  EXPECT_THAT(rows(), ElementsAre(R"({"seq":1,"time":"2026-11-21T09:00:00.005Z","type":"clock","wall":5,"boot":7})"));
}

TEST_F(Events, NumbersGoOnWhereTheLastLifeEnded) {
  log = EventLog(41);
  happened(nine, ClockEvent{});
  EXPECT_THAT(numbers(), ElementsAre(42));
  EXPECT_EQ(log.last(), 42U);
}

TEST_F(Events, LeaveByTheHourWhenTheyAreOld) {
  for (int hour = 0; hour < 5; ++hour) {
    happened(nine + hour * 1h);
    happened(nine + hour * 1h + 30min, DeliveredEvent{});
  }
  queue::Batch batch;
  EXPECT_TRUE(expire_events(batch, *store, nine + 2h + 59min));
  store->write(batch);
  // Nothing younger than was asked for is lost; the hour of the border stays.
  EXPECT_THAT(numbers(), ElementsAre(3, 4, 5, 6, 7, 8, 9, 10));
  queue::Batch again;
  EXPECT_FALSE(expire_events(again, *store, nine + 2h + 59min));
  EXPECT_TRUE(again.empty());
}

TEST_F(Events, NeverLoseWhatIsYoungWhereverTheHourIsCut) {
  for (int minute = 0; minute < 600; minute += 7) happened(nine + minute * 1min);
  for (int minute = 0; minute < 700; minute += 13) {
    queue::Batch batch;
    expire_events(batch, *store, nine + minute * 1min);
    store->write(batch);
    const std::size_t young = minute >= 600 ? 0 : static_cast<std::size_t>((600 - minute + 6) / 7);
    EXPECT_GE(numbers().size(), young) << minute;
    EXPECT_LE(numbers().size(), young + 20) << minute;  // at most the hours of the border
  }
}

}  // namespace
}  // namespace mta
