// Many rows: what a queue does to an ordered store, and what memory a backlog costs.
#include <gtest/gtest.h>
#include <rocksdb/perf_context.h>

#include "queue/keys.h"
#include "queue/queue.h"
#include "queue/store.h"
#include "tests/sim/world/disk.h"

namespace queue {
namespace {

constexpr std::uint64_t million = 1'000'000;
constexpr std::uint64_t rows_a_batch = 1'000;

class Backlog : public testing::Test {
 protected:
  static QueueRow row(std::uint64_t number) {
    return {Instant{Duration{static_cast<Duration::rep>(number / 50)}}, {{number}, 0}};
  }

  template <class Change>
  void in_batches(Change change) {
    Batch batch;
    for (std::uint64_t number = 0; number < million; ++number) {
      change(batch, queue_row_key(line_, row(number)));
      if ((number + 1) % rows_a_batch != 0) continue;
      store_->write(batch);
      batch.clear();
      most_memory_ = std::max(most_memory_, store_->approximate_memory());
    }
  }
  void fill() {
    in_batches([](Batch& batch, const std::string& key) { batch.put(Family::queue_row, key, ""); });
  }
  void drain() {
    in_batches([](Batch& batch, const std::string& key) { batch.single_erase(Family::queue_row, key); });
  }
  // Tombstones that a seek walks over.
  std::uint64_t skipped_by_a_seek_from(std::string_view from) {
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
    rocksdb::get_perf_context()->Reset();
    const Cursor cursor = store_->scan(Family::queue_row, from, queue_row_end(line_));
    found_ = cursor.valid();
    const auto* counted = rocksdb::get_perf_context();
    return counted->internal_delete_skipped_count + counted->internal_key_skipped_count;
  }

  mta::sim::SimDisk disk_{1};
  StoreOptions options_{.env = disk_.env()};
  std::unique_ptr<Store> store_ = Store::open("/spool", options_);
  std::string line_ =
      QueueKey{QueueKind::routed, "default", "other:example.org", "bulk", "mx1.example.org,mx2.example.org", ""}.encode();
  std::uint64_t most_memory_ = 0;
  bool found_ = false;
};

TEST_F(Backlog, AMillionWaitingRowsCostDiskNotMemory) {
  fill();
  EXPECT_LE(most_memory_, 48U << 20U);
  EXPECT_TRUE((skipped_by_a_seek_from(line_), found_));
  EXPECT_LE(store_->approximate_memory(), 48U << 20U);
}

TEST_F(Backlog, TheSeekAfterAMillionRowsWereDrainedIsBounded) {
  fill();
  drain();
  const std::uint64_t from_the_front = skipped_by_a_seek_from(line_);
  EXPECT_FALSE(found_);
  RecordProperty("skipped_from_the_front", std::to_string(from_the_front));
  EXPECT_LE(from_the_front, million / 5) << "flushed tombstones were compacted away";

  Batch batch;
  batch.put(Family::queue_row, queue_row_key(line_, row(million)), "");
  store_->write(batch);
  EXPECT_LE(skipped_by_a_seek_from(queue_row_key(line_, row(million))), 2U)
      << "and from a low-water cursor it walks over none of them";
  EXPECT_TRUE(found_);
}

TEST_F(Backlog, ALineThatIsServedWhileItFillsIsReadFromItsCursorWithoutAWalk) {
  Batch batch;
  std::uint64_t most = 0;
  for (std::uint64_t number = 0; number < 200'000; ++number) {
    batch.put(Family::queue_row, queue_row_key(line_, row(number)), "");
    if (number >= 500) batch.single_erase(Family::queue_row, queue_row_key(line_, row(number - 500)));
    if (number % 100 != 99) continue;
    store_->write(batch);
    batch.clear();
    if (number > 1'000 && number % 5'000 == 99)
      most = std::max(most, skipped_by_a_seek_from(queue_row_key(line_, row(number - 600))));
  }
  EXPECT_LE(most, 1'200U);
}

}  // namespace
}  // namespace queue
