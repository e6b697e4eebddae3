// The store on a disk that forgets what was not synced, breaks, and fills up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "queue/keys.h"
#include "queue/store.h"
#include "tests/sim/world/disk.h"

namespace queue {
namespace {

using mta::sim::SimDisk;

// Writes numbered batches: a recipient row, a line row, a body chunk and a counter each, all saying the same number.
class Spool {
 public:
  explicit Spool(std::uint64_t seed, std::uint64_t write_buffers = 16U << 20U) : seed_(seed), disk_(seed) {
    options_.write_buffer_bytes = write_buffers;
    options_.ballast_bytes = options_.floor_bytes = 0;  // here RocksDB itself meets the full disk
  }
  ~Spool() { store_.reset(); }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  void open() {
    options_.env = disk_.env();
    store_ = Store::open("/spool", options_);
  }
  void write() {
    store_->write(batch(written_ + 1));
    ++written_;
  }
  void sync() {
    const std::uint64_t mark = written_;
    store_->sync();
    synced_ = mark;
  }
  void crash_and_reopen() {
    disk_.crash();
    store_.reset();
    open();
  }
  // Some work as the scheduler does it, until the power fails or it is done.
  void work(unsigned rounds) {
    try {
      if (!store_) open();
      for (unsigned round = 1; round <= rounds; ++round) {
        write();
        if (round % 4 == 0) sync();
      }
    } catch (const StoreError&) {
      ASSERT_FALSE(disk_.powered()) << "only the power failed";
    }
  }

  // How many batches are there; checks that each is whole and that there is no hole among them.
  std::uint64_t count_whole_batches() {
    std::uint64_t found = 0;
    while (store_->get(Family::recipient, recipient_key({{found + 1}, 0}))) {
      ++found;
      EXPECT_EQ(store_->get(Family::body, body_key({found}, 0)), chunk(found));
      EXPECT_TRUE(store_->get(Family::queue_row, line_key(found)));
    }
    EXPECT_EQ(store_->get(Family::queue, "count").value_or("0"), std::to_string(found));
    EXPECT_EQ(count(Family::recipient), found) << "a batch after a hole";
    EXPECT_EQ(count(Family::queue_row), found);
    EXPECT_EQ(count(Family::body), found);
    return found;
  }

  SimDisk& disk() { return disk_; }
  Store& store() { return *store_; }
  std::uint64_t written() const { return written_; }
  std::uint64_t synced() const { return synced_; }
  void take_what_is_there() { written_ = synced_ = count_whole_batches(); }

 private:
  std::string chunk(std::uint64_t number) const {
    return std::string(100 + (number * 997 + seed_) % 9'000, static_cast<char>('a' + number % 26));
  }
  static std::string line_key(std::uint64_t number) { return "line" + message_key({number}); }
  Batch batch(std::uint64_t number) const {
    Batch rows;
    rows.put(Family::recipient, recipient_key({{number}, 0}), "waiting");
    rows.put(Family::queue_row, line_key(number), "");
    rows.put(Family::body, body_key({number}, 0), chunk(number));
    rows.put(Family::queue, "count", std::to_string(number));
    return rows;
  }
  std::uint64_t count(Family family) const {
    std::uint64_t rows = 0;
    for (Cursor cursor = store_->scan(family, "", ""); cursor.valid(); cursor.next()) ++rows;
    return rows;
  }

  std::uint64_t seed_;
  SimDisk disk_;
  StoreOptions options_;
  std::unique_ptr<Store> store_;
  std::uint64_t written_ = 0, synced_ = 0;
};

void expect_synced_batches_and_a_prefix(Spool& spool) {
  const std::uint64_t found = spool.count_whole_batches();
  EXPECT_GE(found, spool.synced());
  EXPECT_LE(found, spool.written() + 1);  // the one whose write was cut off may have reached the disk whole
}

TEST(StoreCrash, WhatWasSyncedIsThereAfterPowerLossAndTheRestIsAPrefix) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Spool spool(seed);
    spool.open();
    for (int batch = 0; batch < 10; ++batch) spool.write();
    spool.sync();
    for (int batch = 0; batch < 10; ++batch) spool.write();
    spool.crash_and_reopen();
    expect_synced_batches_and_a_prefix(spool);
  }
}

// Power fails at the first, second, third … operation that the disk is asked for, creation of the spool included.
TEST(StoreCrash, PowerLossAtEveryOperationLosesNothingThatWasSynced) {
  std::uint64_t crashes = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE(testing::Message() << "operation " << nth);
    Spool spool(1'000 + nth);
    spool.disk().crash_at_operation(nth);
    spool.work(12);
    if (spool.disk().powered()) break;
    ++crashes;
    spool.crash_and_reopen();
    expect_synced_batches_and_a_prefix(spool);
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(crashes, 50U);
}

// Small buffers: flushes, blob files, compactions and log switches happen between the writes.
TEST(StoreCrash, PowerLossAmidFlushesAndCompactionsLosesNothingThatWasSynced) {
  std::uint64_t total = 0;
  {
    Spool spool(7, 128U << 10U);
    spool.work(250);
    total = spool.disk().operations();
  }
  for (std::uint64_t nth = 40; nth < total; nth += 1 + total / 40) {
    SCOPED_TRACE(testing::Message() << "operation " << nth << " of " << total);
    Spool spool(7 + nth, 128U << 10U);
    spool.disk().crash_at_operation(nth);
    spool.work(250);
    if (spool.disk().powered()) break;  // a run may need a few operations fewer than the first did
    spool.crash_and_reopen();
    expect_synced_batches_and_a_prefix(spool);
    if (testing::Test::HasFailure()) break;
  }
}

TEST(StoreCrash, CrashAfterCrashKeepsWhatEachLifeSynced) {
  Spool spool(11, 128U << 10U);
  std::mt19937_64 random(11);
  for (int life = 0; life < 24; ++life) {
    SCOPED_TRACE(testing::Message() << "life " << life);
    if (life % 2 == 1) spool.disk().crash_at_operation(1 + random() % 200);
    spool.work(30);
    spool.crash_and_reopen();
    expect_synced_batches_and_a_prefix(spool);
    if (testing::Test::HasFailure()) break;
    spool.take_what_is_there();
  }
  EXPECT_GT(spool.written(), 200U);
}

// Each start makes a table of what the life before left in the log, and with the fourth a compaction begins. Here it removes a file of
// bodies that are all erased, while the start looks whether all files are there.
TEST(StoreCrash, AFileThatACompactionRemovesWhileTheSpoolOpensIsNotMissed) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    SimDisk disk(seed);
    const auto blobs = [&disk] {
      const auto files = disk.files("/spool");
      return std::ranges::count_if(files, [](const std::string& file) { return file.ends_with(".blob"); });
    };
    const auto live = [&disk](Batch batch) {
      const auto store = Store::open("/spool", {.env = disk.env()});
      batch.put(Family::body, "kept" + std::to_string(disk.operations()), "short");
      store->write(batch);
      store->sync();
    };
    Batch put, erase;
    put.put(Family::body, "body", std::string(10'000, 'b'));
    erase.single_erase(Family::body, "body");
    live(std::move(put));
    live(std::move(erase));
    ASSERT_EQ(blobs(), 1);
    for (int more = 0; more < 4 && blobs() > 0; ++more) ASSERT_NO_THROW(live({}));
    EXPECT_EQ(blobs(), 0) << "then no compaction removed it, and this test is none";
  }
}

TEST(StoreCrash, ADiskThatLiesAboutSyncsIsFoundOut) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Spool spool(seed);
    spool.open();
    spool.disk().lie_about_syncs(true);
    for (int batch = 0; batch < 10; ++batch) spool.write();
    spool.sync();
    try {
      spool.crash_and_reopen();
      if (spool.count_whole_batches() < spool.synced()) ++lost;
    } catch (const StoreError& error) {
      EXPECT_TRUE(error.damaged) << error.what();
      ++lost;
    }
  }
  EXPECT_GT(lost, 0) << "then the tests above could not notice a missing sync either";
}

TEST(StoreCrash, TheSameSeedAndCallsLeaveTheSameBatches) {
  const auto survivors = [](std::uint64_t seed) {
    Spool spool(seed);
    spool.open();
    for (int batch = 0; batch < 300; ++batch) spool.write();
    const std::uint64_t operations = spool.disk().operations();
    spool.crash_and_reopen();
    return std::pair{operations, spool.count_whole_batches()};
  };
  for (std::uint64_t seed = 1; seed <= 5; ++seed) EXPECT_EQ(survivors(seed), survivors(seed)) << "seed " << seed;
}

TEST(StoreCrash, TheOldStoreChangesNothingAfterTheCrash) {
  Spool spool(3);
  spool.open();
  spool.write();
  spool.sync();
  auto old_disk_view = Store::open("/other", {.env = spool.disk().env()});
  spool.crash_and_reopen();
  const std::uint64_t operations = spool.disk().operations();
  Batch batch;
  batch.put(Family::lane, "key", "value");
  EXPECT_THROW(old_disk_view->write(batch), StoreError);
  EXPECT_THROW(old_disk_view->sync(), StoreError);
  old_disk_view.reset();
  EXPECT_EQ(spool.disk().operations(), operations);
  EXPECT_EQ(spool.count_whole_batches(), 1U);
}

// ---- a disk that breaks, a disk that is full

TEST(StoreFaults, AnErrorOfTheLogIsNotNoSpaceAndStays) {
  Spool spool(5);
  spool.open();
  spool.write();
  spool.sync();
  spool.disk().fail_operation(1);
  for (int attempt = 0; attempt < 2; ++attempt) {
    try {
      spool.write();
      FAIL() << "the log was broken";
    } catch (const StoreError& error) {
      EXPECT_FALSE(error.no_space);
      EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("/spool"), testing::HasSubstr("Input/output error")));
    }
  }
}

TEST(StoreFaults, AFailedSyncIsReportedAndAReopenedStoreHasWhatWasSynced) {
  Spool spool(5);
  spool.open();
  spool.write();
  spool.sync();
  spool.write();
  spool.disk().fail_operation(1);
  EXPECT_THROW(spool.sync(), StoreError);
  spool.crash_and_reopen();
  expect_synced_batches_and_a_prefix(spool);
}

TEST(StoreFaults, AFullDiskRefusesTheBatchAndTheStoreGoesOnByItselfWhenThereIsRoom) {
  for (const std::uint64_t room : {0U, 10U, 5'000U, 40'000U}) {
    SCOPED_TRACE(testing::Message() << room << " octets left");
    Spool spool(6);
    spool.open();
    for (int batch = 0; batch < 5; ++batch) spool.write();
    spool.sync();
    spool.disk().set_free_bytes(room);
    try {
      for (int batch = 0; batch < 100; ++batch) spool.write();
      FAIL() << "the disk had room";
    } catch (const StoreError& error) {
      EXPECT_TRUE(error.no_space) << error.what();
      EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("/spool"), testing::HasSubstr("no space left")));
    }
    EXPECT_EQ(spool.count_whole_batches(), spool.written()) << "reads go on, and the refused batch is not there";
    try {
      spool.write();
      FAIL() << "the disk was still full";
    } catch (const StoreError& error) {
      EXPECT_TRUE(error.no_space) << error.what();
    }

    spool.disk().set_free_bytes(1U << 30U);
    spool.write();
    spool.sync();
    EXPECT_EQ(spool.count_whole_batches(), spool.written());
    for (int batch = 0; batch < 5; ++batch) spool.write();
    spool.crash_and_reopen();
    expect_synced_batches_and_a_prefix(spool);
  }
}

TEST(StoreFaults, AFlushThatFindsNoRoomIsANoSpaceOfTheNextWriteAndEndsWithIt) {
  Spool spool(8, 128U << 10U);
  spool.open();
  spool.disk().set_free_bytes(400'000);
  const auto write_until_full = [&spool] {
    for (int batch = 0; batch < 1'000; ++batch) spool.write();
  };
  EXPECT_THROW(write_until_full(), StoreError);
  spool.disk().set_free_bytes(1U << 30U);
  for (int batch = 0; batch < 50; ++batch) spool.write();
  spool.sync();
  spool.crash_and_reopen();
  EXPECT_EQ(spool.count_whole_batches(), spool.written());
}

TEST(StoreFaults, ASecondStoreOnTheSameDiskIsRefusedAndALockDiesWithItsLife) {
  Spool spool(9);
  spool.open();
  try {
    const auto second = Store::open("/spool", {.env = spool.disk().env()});
    FAIL() << "opened twice";
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("spool /spool is in use by another process"));
  }
  spool.crash_and_reopen();
}

}  // namespace
}  // namespace queue
