// Decisions are written at once, effects wait for the disk, and a full disk keeps nothing half.
#include "mta/scheduler/commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/world/disk.h"
#include "tests/sim/world/world.h"

namespace mta {
namespace {

using queue::Family;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

class CommitTest : public testing::Test {
 protected:
  CommitTest() { open(); }
  ~CommitTest() override { commit->close(); }

  void open() {
    if (commit) commit->close();
    queue::StoreOptions options{.env = disk.env()};
    options.ballast_bytes = 0;  // nothing to give up: a full disk is full
    store = queue::Store::open("/spool", options);
    commit = std::make_shared<Commit>(world.with(disk), store);
  }
  bool write(const std::string& key, std::size_t octets = 5) {
    queue::Batch batch;
    batch.put(Family::meta, key, std::string(octets, 'v'));
    batch.put(Family::lane, key, "too");
    return commit->write(batch);
  }
  void then_say(const std::string& word) {
    commit->when_durable([this, word] { said.push_back(word); });
  }
  bool has(const std::string& key) const { return store->get(Family::meta, key).has_value(); }

  sim::SimDisk disk{5};
  sim::SimWorld world{5};  // goes first: what waits in its loop refers to stores on the disk
  std::shared_ptr<queue::Store> store;
  std::shared_ptr<Commit> commit;
  std::vector<std::string> said;
};

TEST_F(CommitTest, AWriteIsSeenAtOnceAndItsEffectComesAfterTheSync) {
  EXPECT_TRUE(write("a"));
  EXPECT_TRUE(has("a"));
  then_say("a");
  EXPECT_THAT(said, IsEmpty());
  world.loop.settle();
  EXPECT_THAT(said, ElementsAre("a"));
}

TEST_F(CommitTest, EffectsComeInTheirOrderAndShareASync) {
  const auto before = disk.syncs();
  for (const char* word : {"a", "b", "c", "d"}) {
    write(word);
    then_say(word);
  }
  world.loop.settle();
  EXPECT_THAT(said, ElementsAre("a", "b", "c", "d"));
  EXPECT_LE(disk.syncs() - before, 2U);
}

TEST_F(CommitTest, NoSyncBeginsBetweenWritesThatBelongTogether) {
  const auto before = disk.syncs();
  {
    const Commit::Together together(*commit);
    write("a");
    then_say("a");
    world.loop.settle();
    EXPECT_THAT(said, IsEmpty());
    write("b");
    then_say("b");
  }
  world.loop.settle();
  EXPECT_THAT(said, ElementsAre("a", "b"));
  EXPECT_EQ(disk.syncs() - before, 1U);
}

TEST_F(CommitTest, WhatWasSaidToBeDurableIsThereAfterPowerLoss) {
  for (int life = 0; life < 20; ++life) {
    const std::string key = "life" + std::to_string(life);
    write(key);
    then_say(key);
    if (life % 2 == 0) world.loop.settle();
    commit->close();
    disk.crash();
    open();
    EXPECT_TRUE(has(key) || said.empty() || said.back() != key) << key;
  }
  EXPECT_EQ(said.size(), 10U);
}

TEST_F(CommitTest, WithoutSpaceNothingOfTheBatchIsWrittenAndItMayBeTriedAgain) {
  disk.set_free_bytes(100);
  EXPECT_FALSE(write("big", 5000));
  EXPECT_FALSE(has("big"));
  disk.set_free_bytes(1U << 30U);
  bool written = write("big", 5000);
  for (int i = 0; i < 20 && !written; ++i) {
    world.loop.pass(1s);
    written = write("big", 5000);
  }
  EXPECT_TRUE(written);
  then_say("big");
  world.loop.pass(5s);
  EXPECT_THAT(said, ElementsAre("big"));
  EXPECT_TRUE(has("big"));
}

TEST_F(CommitTest, AnEmptyBatchIsNoWriteButItsEffectWaitsForAllBefore) {
  write("a");
  const auto marks = commit->written();
  EXPECT_TRUE(commit->write(queue::Batch()));
  EXPECT_EQ(commit->written(), marks);
  then_say("after");
  EXPECT_THAT(said, IsEmpty());
  world.loop.settle();
  EXPECT_THAT(said, ElementsAre("after"));
}

TEST_F(CommitTest, TheMarkOfWhatWasSyncedFollowsWithinATenthOfASecond) {
  world.loop.pass(1s);
  const auto before = disk.syncs();
  write("a");
  then_say("a");
  world.loop.settle();
  EXPECT_EQ(disk.syncs() - before, 1U);
  world.loop.pass(100ms);
  EXPECT_EQ(disk.syncs() - before, 2U);
  world.loop.pass(1s);
  EXPECT_EQ(disk.syncs() - before, 2U);
}

TEST_F(CommitTest, NothingIsSaidOnceItIsClosed) {
  write("a");
  then_say("a");
  commit->close();
  then_say("b");
  world.loop.settle();
  EXPECT_THAT(said, IsEmpty());
}

}  // namespace
}  // namespace mta
