// Room on the disk: what the store takes, what of it is dead, and giving that back.
#include <fmt/format.h>

#include <algorithm>

#include "queue/store_db.h"

namespace queue {

namespace {
constexpr std::uint64_t asked_every = 4U << 20U;
constexpr std::uint64_t little_garbage = 32U << 20U;
}  // namespace

// What is written here must not be what fills the disk: RocksDB's ways out of that are few (STORE.md, "When the disk says no").
void Store::Db::check_room(std::uint64_t octets) {
  if (octets <= room_left) {
    room_left -= octets;
    return;
  }
  room_left = 0;
  std::uint64_t free = ballast->free();
  if (free < floor + octets && ballast->give_up()) free = ballast->free();
  if (free < floor + octets) {
    throw StoreError(
        fmt::format("spool {}: no space left on the device: {} octets are free, the last {} are not used", path, free, floor),
        true);
  }
  room_left = std::min(asked_every, free - floor - octets);
}

bool Store::Db::has_room(std::uint64_t octets) const { return ballast->free() >= floor + octets; }

std::uint64_t Store::Db::number(Family family, const std::string& property) const {
  std::uint64_t value = 0;
  rocks->GetIntProperty(handle(family), property, &value);
  return value;
}

SpoolUse Store::use() const {
  SpoolUse use;
  use.bodies = db_->number(Family::body, rocksdb::DB::Properties::kTotalSstFilesSize) +
               db_->number(Family::body, rocksdb::DB::Properties::kTotalBlobFileSize);
  rocksdb::VectorLogPtr logs;
  if (db_->rocks->GetSortedWalFiles(logs).ok()) {
    for (const auto& log : logs)
      if (log->Type() == rocksdb::kAliveLogFile) use.logs += log->SizeFileBytes();
  }
  use.free = db_->ballast->free();
  use.ballast = db_->ballast->is_there();
  return use;
}

// Flushed, a chunk and its erasure vanish together, and the logs that held them go. Compacted, so do those in tables: their blob files are
// dropped whole when nothing in them is alive. Only when much of what is left is dead too are bodies rewritten.
bool Store::give_back() {
  rocksdb::FlushOptions flush;
  bool done = db_->rocks->Flush(flush, db_->handles).ok();
  rocksdb::CompactRangeOptions keys;
  keys.allow_write_stall = true;
  keys.blob_garbage_collection_policy = rocksdb::BlobGarbageCollectionPolicy::kDisable;
  done = db_->rocks->CompactRange(keys, db_->handle(Family::body), nullptr, nullptr).ok() && done;
  const std::uint64_t garbage = db_->number(Family::body, rocksdb::DB::Properties::kLiveBlobFileGarbageSize);
  const std::uint64_t bodies = db_->number(Family::body, rocksdb::DB::Properties::kLiveBlobFileSize);
  if (garbage < little_garbage || garbage < (bodies - std::min(garbage, bodies)) / 2) return done;
  rocksdb::CompactRangeOptions rewrite = keys;
  rewrite.blob_garbage_collection_policy = rocksdb::BlobGarbageCollectionPolicy::kForce;
  rewrite.blob_garbage_collection_age_cutoff = 1.0;
  rewrite.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  return db_->rocks->CompactRange(rewrite, db_->handle(Family::body), nullptr, nullptr).ok() && done;
}

void Store::make_ballast(std::uint64_t spare) { db_->ballast->make(spare); }

}  // namespace queue
