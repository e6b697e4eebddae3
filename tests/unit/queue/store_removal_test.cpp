// Files of bodies that nothing needs any more are removed; power may fail before, between and behind the steps of that.
#include <gtest/gtest.h>

#include <algorithm>

#include "queue/keys.h"
#include "queue/store.h"
#include "tests/sim/world/disk.h"

namespace queue {
namespace {

using mta::sim::SimDisk;

constexpr std::uint64_t half = 6;

// A spool in which bodies come and end, and what is known of each of them.
class Bodies {
 public:
  explicit Bodies(std::uint64_t seed) : disk_(seed) {}

  void open() { store_ = Store::open("/spool", {.env = disk_.env()}); }
  // Two files of bodies are made; what is in the first ends, so that file goes. False: the power failed meanwhile.
  bool live() {
    try {
      open();
      come(0);
      come(half);
      disk_.lie_about_syncs(lies);
      end();
    } catch (const StoreError& error) {
      EXPECT_FALSE(disk_.powered()) << error.what();
    }
    return disk_.powered();
  }
  void crash_and_reopen() {
    disk_.crash();
    store_.reset();
    open();
  }
  void expect_what_was_synced() {
    for (std::uint64_t number = 0; number < 2 * half; ++number) {
      const auto found = store_->get(Family::body, body_key({number + 1}, 0));
      if (found) {
        EXPECT_EQ(*found, body(number));
        EXPECT_GT(begun_, number) << "nobody wrote it";
      }
      if (number < kept_ && number >= ending_) {
        EXPECT_TRUE(found) << "body " << number << " is lost";
      }
      if (number < ended_) {
        EXPECT_FALSE(found) << "body " << number << " came back";
      }
    }
  }
  std::ptrdiff_t files() const {
    const auto names = disk_.files("/spool");
    return std::ranges::count_if(names, [](const std::string& name) { return name.ends_with(".blob"); });
  }
  SimDisk& disk() { return disk_; }

  bool lies = false;  // the disk, of syncs, while bodies end

 private:
  static std::string body(std::uint64_t number) { return std::string(5'000 + number, static_cast<char>('a' + number)); }
  void come(std::uint64_t first) {
    Batch batch;
    for (std::uint64_t number = first; number < first + half; ++number)
      batch.put(Family::body, body_key({number + 1}, 0), body(number));
    begun_ = first + half;
    write(batch);
    kept_ = begun_;
    store_->give_back();
  }
  void end() {
    Batch batch;
    for (std::uint64_t number = 0; number < half; ++number) batch.single_erase(Family::body, body_key({number + 1}, 0));
    ending_ = half;
    write(batch);
    ended_ = ending_;
    store_->give_back();
  }
  void write(const Batch& batch) {
    store_->write(batch);
    store_->sync();
  }

  SimDisk disk_;
  std::unique_ptr<Store> store_;
  std::uint64_t begun_ = 0, kept_ = 0;    // bodies whose writing was asked for, is on stable storage
  std::uint64_t ending_ = 0, ended_ = 0;  // likewise of their erasure
};

TEST(StoreRemoval, PowerLossAtAnyStepLosesNoBodyAndHindersNoStart) {
  std::uint64_t total = 0;
  {
    Bodies whole(1);
    ASSERT_TRUE(whole.live());
    ASSERT_EQ(whole.files(), 1) << "the first file is removed, or this test is none";
    total = whole.disk().operations();
  }
  for (std::uint64_t nth = 60; nth <= total; nth += 7) {
    SCOPED_TRACE(testing::Message() << "operation " << nth << " of " << total);
    Bodies spool(nth);
    spool.disk().crash_at_operation(nth);
    spool.live();
    ASSERT_NO_THROW(spool.crash_and_reopen());
    spool.expect_what_was_synced();
  }
}

TEST(StoreRemoval, AFileThatGoesBeforeItIsKnownOnTheDiskThatNothingNeedsItIsNoticed) {
  int noticed = 0;
  for (std::uint64_t seed = 1; seed <= 40 && noticed == 0; ++seed) {
    Bodies spool(seed);
    spool.lies = true;
    spool.live();
    try {
      spool.crash_and_reopen();
    } catch (const StoreError& error) {
      EXPECT_TRUE(error.damaged) << error.what();
      ++noticed;
    }
  }
  EXPECT_GT(noticed, 0) << "then the test above could not notice a wrong order either";
}

}  // namespace
}  // namespace queue
