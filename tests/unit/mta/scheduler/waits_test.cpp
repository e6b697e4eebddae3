// Small owners: absent sources, warnings of a long wait, queues that wait on disk.
#include <gtest/gtest.h>

#include "mta/scheduler/absent_sources.h"
#include "mta/scheduler/disk_waits.h"
#include "mta/scheduler/inbox.h"
#include "mta/scheduler/wait_warnings.h"
#include "tests/sim/world/disk.h"

namespace mta {
namespace {

using namespace std::chrono_literals;

const Instant some_day = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5);

TEST(AbsentSources, AreLookedForOnceAMinuteUntilARemoteAnswers) {
  AbsentSources absent;
  absent.is_tried("ip-1", some_day);
  EXPECT_FALSE(absent.has("ip-1")) << "only what was noted is absent";
  EXPECT_TRUE(absent.note("ip-1", some_day));
  EXPECT_FALSE(absent.note("ip-1", some_day)) << "told once";
  EXPECT_EQ(absent.looked_for_at("ip-1", some_day), some_day + 1min);
  EXPECT_EQ(absent.looked_for_at("ip-1", some_day + 1min), std::nullopt) << "one may try";
  absent.is_tried("ip-1", some_day + 1min);
  EXPECT_EQ(absent.looked_for_at("ip-1", some_day + 1min), some_day + 2min) << "the others wait meanwhile";
  absent.answered("ip-1");
  EXPECT_FALSE(absent.has("ip-1"));
}

TEST(WaitWarnings, AreDueOnceADayForEachPoolProviderAndClass) {
  WaitWarnings warnings;
  queue::QueueKey bulk{queue::QueueKind::routed, "default", "google", "bulk", "a", ""}, other_site = bulk, urgent = bulk;
  other_site.site = "b";
  urgent.mail_class = "transactional";
  EXPECT_TRUE(warnings.is_due(bulk, some_day));
  EXPECT_FALSE(warnings.is_due(other_site, some_day + 23h)) << "over all sites of the provider";
  EXPECT_TRUE(warnings.is_due(urgent, some_day + 23h));
  EXPECT_TRUE(warnings.is_due(bulk, some_day + 24h));
  EXPECT_TRUE(warnings.is_due(bulk, some_day)) << "the clock was set back";
}

class DiskWaitsTest : public testing::Test {
 protected:
  DiskWaitsTest() {
    const auto none = [](const Queue&, const queue::RecipientId&) { return false; };
    queues = std::make_unique<QueueIndex>(queue::Store::open("/spool", {.env = disk.env()}), none);
    waits = std::make_unique<DiskWaits>(*queues);
  }
  Queue& queue(const std::string& site) {
    return queues->open(queue::QueueKey{queue::QueueKind::routed, "default", "other:" + site, "bulk", site, ""}.encode());
  }
  bool sends(Queue& queue, std::size_t waiting) { return waits->send(queue, waiting, some_day); }

  sim::SimDisk disk{3};
  std::unique_ptr<QueueIndex> queues;
  std::unique_ptr<DiskWaits> waits;
};

TEST_F(DiskWaitsTest, FewWaitInMemoryAndNewMailFindsPlacesThatOlderMailCannotTake) {
  EXPECT_FALSE(sends(queue("a"), DiskWaits::most_waiting - 1));
  EXPECT_TRUE(sends(queue("a"), DiskWaits::most_waiting));
  queue("b").fresh = true;
  EXPECT_FALSE(sends(queue("b"), DiskWaits::most_waiting));
  EXPECT_TRUE(sends(queue("b"), DiskWaits::most_waiting_fresh));
}

TEST_F(DiskWaitsTest, AQueueThatHasAConversationStays) {
  queue("a").busy = 1;
  EXPECT_FALSE(sends(queue("a"), DiskWaits::most_waiting));
}

TEST_F(DiskWaitsTest, TheyComeBackOneAfterTheOther) {
  Instant last{};
  for (int n = 0; n < 10; ++n) {
    Queue& one = queue("site" + std::to_string(n));
    ASSERT_TRUE(sends(one, DiskWaits::most_waiting));
    EXPECT_GE(one.planned, std::max(last, some_day + 5s));
    last = one.planned;
  }
  EXPECT_EQ(last, some_day + 5s + 4ms) << "two a millisecond";
}

TEST(PendingReply, IsMovedIntoOneThatWasThere) {
  int answered = 0;
  PendingReply<int> first{[&](int) { answered = 1; }, {}}, second{[&](int) { answered = 2; }, {}};
  first = std::move(second);
  std::move(first.handler)(0);
  EXPECT_EQ(answered, 2);
}

}  // namespace
}  // namespace mta
