// Queues that sleep: which of them wake when more are overdue than may be awake.
#include <gtest/gtest.h>

#include <algorithm>

#include "queue/queue_index.h"
#include "tests/sim/world/disk.h"

namespace queue {
namespace {

using namespace std::chrono_literals;

const Instant first_look = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5);

class SleepingQueues : public testing::Test {
 protected:
  SleepingQueues() {
    store_ = Store::open("/spool", {.env = disk_.env()});
    const auto none_taken = [](const Queue&, const RecipientId&) { return false; };
    queues_ = std::make_unique<QueueIndex>(store_, none_taken);
  }

  void write() {
    queues_->flush(batch_, now_);
    store_->write(batch_);
    batch_.clear();
    queues_->written();
  }
  void sleeps(const std::string& site, Instant until) {
    Queue& queue = queues_->open(QueueKey{QueueKind::routed, "default", "other:" + site, "bulk", site, ""}.encode());
    queues_->insert(batch_, queue, {now_, {{++last_id_}, 0}});
    queues_->sleep(queue, until);
  }
  std::vector<std::string> wake(std::size_t most) {
    std::vector<std::string> sites;
    for (const Queue* queue : queues_->wake_due(batch_, now_, most)) sites.push_back(queue->key.site);
    return sites;
  }
  void sleep_again(const std::vector<std::string>& sites) {
    for (const auto& site : sites) {
      Queue& queue = queues_->open(QueueKey{QueueKind::routed, "default", "other:" + site, "bulk", site, ""}.encode());
      queues_->sleep(queue, now_ + 1min);
    }
    write();
  }

  mta::sim::SimDisk disk_{1};
  std::shared_ptr<Store> store_;
  std::unique_ptr<QueueIndex> queues_;
  Batch batch_;
  Instant now_ = first_look;
  std::uint64_t last_id_ = 0;
};

TEST_F(SleepingQueues, ARetryWhoseTimeHasJustComeDoesNotWaitForAllThatAreOverdue) {
  for (int n = 0; n < 500; ++n) sleeps("dead" + std::to_string(n), first_look + 1s + std::chrono::milliseconds(n));
  sleeps("alive", first_look + 60s);
  write();
  now_ = first_look + 60s;
  const auto woken = wake(20);
  EXPECT_EQ(woken.size(), 16U);
  EXPECT_EQ(std::count(woken.begin(), woken.end(), "alive"), 1);
  EXPECT_EQ(std::count(woken.begin(), woken.end(), "dead0"), 1);
}

TEST_F(SleepingQueues, ALineThatLeftMemoryStandsByWhenItsHeadIsDueNotByMailThatLeft) {
  Queue& queue = queues_->open(QueueKey{QueueKind::routed, "default", "other:a", "bulk", "a", ""}.encode());
  const std::string bytes = queue.bytes;
  const QueueRow first{first_look, {{1}, 0}}, second{first_look + 5h, {{2}, 0}};
  for (const auto& row : {first, second}) queues_->insert(batch_, queue, row);
  queues_->pop(queue);
  queues_->erase(batch_, queue, first);
  queues_->sleep(queue, first_look + 24h);
  write();
  EXPECT_EQ(queues_->awake(bytes), nullptr);
  EXPECT_EQ(queues_->open(bytes).record.low_water, second.due);
}

TEST_F(SleepingQueues, EachWakesOnceAndThoseThatSleepAgainWakeWhenTheirTimeComes) {
  for (int n = 0; n < 100; ++n) sleeps("site" + std::to_string(n), first_look + 1s);
  write();
  now_ = first_look + 2s;
  std::vector<std::string> all;
  for (auto some = wake(8); !some.empty(); some = wake(8)) {
    all.insert(all.end(), some.begin(), some.end());
    sleep_again(some);
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all.size(), 100U);
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
  EXPECT_EQ(queues_->next_wake(), now_ + 1min);
  now_ += 1min;
  EXPECT_EQ(wake(1000).size(), 100U);
}

}  // namespace
}  // namespace queue
