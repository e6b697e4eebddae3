// queue/tombstones.h — table files that are mostly erasures ask to be compacted.
//
// What      A collector that RocksDB feeds every row of a table file it builds; it counts Delete and SingleDelete.
// Units     Rows.
// Promise   A file asks for compaction when half of some run of `window` rows, or a quarter of the file, are erasures. Files with
//           less than `fewest` erasures never do, nor do flushed files (level 0): those are compacted four at a time.
// Errors    None.
// Source    DESIGN.md §4.2; RocksDB's own compact-on-deletion collector counts no SingleDelete (measured).
// Not here  when the compaction runs (RocksDB).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace rocksdb {
class TablePropertiesCollectorFactory;
}

namespace queue {

// The counting, apart from RocksDB.
class Tombstones {
 public:
  static constexpr std::uint64_t window = 4096;
  static constexpr std::uint64_t fewest = 512;

  void row(bool erasure);
  bool heavy() const;
  std::uint64_t erasures() const { return erasures_; }

 private:
  void close_half();

  std::uint64_t rows_ = 0, erasures_ = 0;
  std::uint64_t in_half_ = 0, half_erasures_ = 0, previous_half_ = 0;  // a window slides by halves
  bool dense_ = false;
};

std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> collect_tombstones();

}  // namespace queue
