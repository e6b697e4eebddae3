// Lines that sleep: who wakes when more are overdue than may be awake.
#include <gtest/gtest.h>

#include <algorithm>

#include "mta/books/lines.h"
#include "tests/sim/world/disk.h"

namespace mta {
namespace {

using namespace std::chrono_literals;

const Instant monday = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5);

class SleepingLines : public testing::Test {
 protected:
  SleepingLines() {
    store_ = queue::Store::open("/spool", {.env = disk_.env()});
    const auto nobody_taken = [](const Line&, const queue::RecipientId&) { return false; };
    lines_ = std::make_unique<Lines>(store_, nobody_taken, [this] { return write(); });
  }

  bool write() {
    lines_->flush(batch_, now_);
    store_->write(batch_);
    batch_.clear();
    lines_->written();
    return true;
  }
  void sleeps(const std::string& site, Instant until) {
    Line& line = lines_->open(queue::LineKey{queue::LineKind::routed, "default", "other:" + site, "bulk", site, ""}.encode());
    lines_->insert(batch_, line, {now_, {{++last_id_}, 0}});
    lines_->sleep(line, until);
  }
  std::vector<std::string> wake(std::size_t most) {
    std::vector<std::string> sites;
    for (const Line* line : lines_->wake_due(batch_, now_, most)) sites.push_back(line->key.site);
    return sites;
  }
  void sleep_again(const std::vector<std::string>& sites) {
    for (const auto& site : sites) {
      Line& line = lines_->open(queue::LineKey{queue::LineKind::routed, "default", "other:" + site, "bulk", site, ""}.encode());
      lines_->sleep(line, now_ + 1min);
    }
    write();
  }

  sim::SimDisk disk_{1};
  std::shared_ptr<queue::Store> store_;
  std::unique_ptr<Lines> lines_;
  queue::Batch batch_;
  Instant now_ = monday;
  std::uint64_t last_id_ = 0;
};

TEST_F(SleepingLines, ARetryWhoseTimeHasJustComeDoesNotWaitForAllThatAreOverdue) {
  for (int n = 0; n < 500; ++n) sleeps("dead" + std::to_string(n), monday + 1s + std::chrono::milliseconds(n));
  sleeps("alive", monday + 60s);
  write();
  now_ = monday + 60s;
  const auto woken = wake(20);
  EXPECT_EQ(woken.size(), 16U);
  EXPECT_EQ(std::count(woken.begin(), woken.end(), "alive"), 1);
  EXPECT_EQ(std::count(woken.begin(), woken.end(), "dead0"), 1);
}

TEST_F(SleepingLines, EachWakesOnceAndThoseThatSleepAgainWakeWhenTheirTimeComes) {
  for (int n = 0; n < 100; ++n) sleeps("site" + std::to_string(n), monday + 1s);
  write();
  now_ = monday + 2s;
  std::vector<std::string> all;
  for (auto some = wake(8); !some.empty(); some = wake(8)) {
    all.insert(all.end(), some.begin(), some.end());
    sleep_again(some);
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all.size(), 100U);
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
  EXPECT_EQ(lines_->next_wake(), now_ + 1min);
  now_ += 1min;
  EXPECT_EQ(wake(1000).size(), 100U);
}

}  // namespace
}  // namespace mta
