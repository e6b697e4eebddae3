// The newest changes of a lane, whatever else happened on a busy host.
#include "mta/report/lane_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mta/observe/events.h"
#include "tests/sim/world/disk.h"

namespace mta {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LaneEvents : public testing::Test {
 protected:
  void lane(const std::string& reason, const std::string& provider = "google") {
    LaneEvent event;
    event.source = "ip-1";
    event.provider = provider;
    event.reason = reason;
    add(event);
  }
  void others(int count) {
    DeliveredEvent event;
    event.report.subject.source = "ip-1";
    event.report.subject.provider = "google";
    for (; count > 0; --count) add(event);
  }
  std::vector<std::string> newest(EventBounds bounds = {}) { return newest_lane_events(*store_, "ip-1", "google", bounds); }

 private:
  void add(const Event& event) {
    queue::Batch batch;
    log_.add(batch, Instant{}, event);
    store_->write(batch);
  }

  sim::SimDisk disk_{1};
  std::unique_ptr<queue::Store> store_ = queue::Store::open("/spool", {.env = disk_.env()});
  EventLog log_{0};
};

TEST_F(LaneEvents, AreFoundBehindAllThatHappenedBefore) {
  lane("long ago");
  others(50);
  lane("first");
  lane("of another", "yahoo");
  others(7);
  lane("second");
  others(3);
  EXPECT_THAT(newest({.most_read = 40, .at_once = 6}), ElementsAre(HasSubstr("\"first\""), HasSubstr("\"second\"")));
  EXPECT_THAT(newest({.most_read = 100, .at_once = 6}).front(), HasSubstr("long ago"));
  EXPECT_THAT(newest({.most_read = 3, .at_once = 6}), IsEmpty());
}

TEST_F(LaneEvents, AreTheLastOfMany) {
  for (int n = 0; n < 9; ++n) lane("change " + std::to_string(n));
  EXPECT_THAT(newest({.at_once = 4, .most_kept = 2}), ElementsAre(HasSubstr("change 7"), HasSubstr("change 8")));
}

TEST_F(LaneEvents, OfNothingAreNone) { EXPECT_THAT(newest(), IsEmpty()); }

}  // namespace
}  // namespace mta
