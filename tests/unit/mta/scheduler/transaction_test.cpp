// One decision: its rows, its events and what waits for them.
#include "mta/scheduler/transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queue/keys.h"
#include "tests/sim/world/disk.h"
#include "tests/sim/world/world.h"

namespace mta {
namespace {

using queue::Family;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

class TransactionTest : public testing::Test {
 protected:
  TransactionTest() {
    queue::StoreOptions options{.env = disk.env()};
    options.ballast_bytes = 0;  // nothing to give up: a full disk is full
    store = queue::Store::open("/spool", options);
    transaction = std::make_unique<Transaction>(world.with(disk), policy, store, writer);
    transaction->set_members({[this](queue::Batch& batch) { batch.put(Family::lane, "joined", "row"); },
                              [this] { said.emplace_back("written"); }, [this] { said.emplace_back("no room"); }});
    transaction->on_events = [this](std::uint64_t seq) { said.push_back("events to " + std::to_string(seq)); };
  }
  ~TransactionTest() override { transaction->abandon(); }

  void put(const std::string& key, std::size_t octets = 5) {
    transaction->batch().put(Family::meta, key, std::string(octets, 'v'));
  }
  bool has(Family family, const std::string& key) const { return store->get(family, key).has_value(); }

  Policy policy{std::make_shared<conf::Config>(), nullptr};
  WriterThread writer;
  std::vector<std::string> said;
  sim::SimDisk disk{5};
  sim::SimWorld world{5};  // goes first: what waits in its loop refers to stores on the disk
  std::shared_ptr<queue::Store> store;
  std::unique_ptr<Transaction> transaction;
};

TEST_F(TransactionTest, RowsAreSeenAtOnceAndEffectsComeInTheirPlace) {
  put("a");
  transaction->after_sync([this] { said.emplace_back("effect"); });
  transaction->after_write([this] { said.emplace_back("stored"); });
  EXPECT_TRUE(transaction->write());
  EXPECT_TRUE(has(Family::meta, "a"));
  EXPECT_TRUE(has(Family::lane, "joined")) << "rows that change with almost every decision";
  EXPECT_THAT(said, ElementsAre("written", "stored")) << "the effect waits for the sync";
  world.loop.settle();
  EXPECT_THAT(said, ElementsAre("written", "stored", "effect", "events to 0"));
}

TEST_F(TransactionTest, AnEventIsARowOfItAndReadersHearOfItAfterTheSync) {
  transaction->continue_events(41);
  transaction->event(ClockEvent{});
  EXPECT_FALSE(has(Family::event, queue::event_key(42)));
  EXPECT_TRUE(transaction->write());
  EXPECT_TRUE(has(Family::event, queue::event_key(42)));
  EXPECT_EQ(store->get(Family::meta, "events/last"), queue::event_key(42)) << "numbers go on over restarts";
  world.loop.settle();
  EXPECT_THAT(said, ElementsAre("written", "events to 42"));
}

TEST_F(TransactionTest, WhatIsTakenBackLeavesWhatCameBefore) {
  put("a");
  transaction->mark();
  put("b");
  transaction->undo_to_mark();
  EXPECT_TRUE(transaction->write());
  EXPECT_TRUE(has(Family::meta, "a"));
  EXPECT_FALSE(has(Family::meta, "b"));
}

TEST_F(TransactionTest, WithoutRoomItIsKeptWholeAndWrittenWhenThereIsRoom) {
  disk.set_free_bytes(100);
  put("a", 100'000);
  transaction->after_sync([this] { said.emplace_back("effect"); });
  EXPECT_FALSE(transaction->write());
  EXPECT_TRUE(transaction->full());
  world.loop.settle();
  EXPECT_THAT(said, ElementsAre("no room"));
  disk.set_free_bytes(1U << 30U);
  bool written = transaction->write();
  for (int i = 0; i < 20 && !written; ++i) {
    world.loop.pass(1s);
    written = transaction->write();
  }
  EXPECT_TRUE(written);
  EXPECT_FALSE(transaction->full());
  EXPECT_TRUE(has(Family::meta, "a"));
  world.loop.pass(5s);
  EXPECT_THAT(said, testing::Contains("effect"));
}

TEST_F(TransactionTest, AfterACrashNothingThatWaitsIsRun) {
  put("a");
  transaction->after_sync([this] { said.emplace_back("effect"); });
  EXPECT_TRUE(transaction->write());
  said.clear();
  transaction->abandon();
  world.loop.settle();
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(TransactionTest, OnceTheSchedulerHasBegunOnlyItsOwnTurnsMayChangeAnything) {
  put("before");
  writer.begin();
  EXPECT_DEATH(put("b"), "") << "no turn of the scheduler";
  const WriterThread other;
  {
    const WriterThread::WriterTurn turn(other);
    EXPECT_FALSE(writer.is_here()) << "the turn of another scheduler";
    const WriterThread::WriterTurn own(writer);
    put("c");
    EXPECT_TRUE(transaction->write());
  }
  EXPECT_TRUE(has(Family::meta, "before") && has(Family::meta, "c"));
}

}  // namespace
}  // namespace mta
