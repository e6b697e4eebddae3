#include "queue/tuning.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>

#include <algorithm>

#include "queue/tombstones.h"

namespace queue {

namespace {

rocksdb::CompressionType compression() {
  const auto built_in = rocksdb::GetSupportedCompressions();
  const bool has_lz4 = std::find(built_in.begin(), built_in.end(), rocksdb::kLZ4Compression) != built_in.end();
  return has_lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
}

// RocksDB would poll for room every few seconds and answer Busy to our own Resume meanwhile. The next write or sync resumes.
class NoPolling : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* automatic) override { *automatic = false; }
  // A compaction that meets what it cannot read changes nothing: what it would have written is thrown away. It is no reason to stop writing.
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override {
    if (reason == rocksdb::BackgroundErrorReason::kCompaction) *error = rocksdb::Status::OK();
  }
};

// The share of all write buffers that a family fills before it is flushed by itself.
std::uint64_t buffer_share(Family family) {
  switch (family) {
    case Family::body: return 2;
    case Family::message:
    case Family::recipient:
    case Family::queue_row:
    case Family::attempt:
    case Family::event: return 8;
    case Family::meta:
    case Family::wake:
    case Family::queue:
    case Family::lane:
    case Family::history: return 16;
  }
  return 16;
}

bool only_keys(Family family) { return family == Family::queue_row || family == Family::wake; }
bool point_reads(Family family) {
  return family == Family::message || family == Family::recipient || family == Family::queue || family == Family::attempt;
}

}  // namespace

rocksdb::DBOptions database_options(const StoreOptions& wanted) {
  rocksdb::DBOptions options;
  if (wanted.env != nullptr) options.env = wanted.env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.avoid_flush_during_shutdown = true;
  options.recycle_log_file_num = 0;
  options.track_and_verify_wals_in_manifest = true;  // those that are closed; of the one at hand the mark knows (sync_mark.h)
  options.max_total_wal_size = wanted.max_wal_bytes;
  options.db_write_buffer_size = wanted.write_buffer_bytes;
  options.max_background_jobs = 2;
  options.max_subcompactions = 1;
  options.max_open_files = 256;
  options.max_file_opening_threads = 1;
  options.skip_stats_update_on_db_open = true;
  options.bytes_per_sync = 1U << 20U;
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<NoPolling>());
  options.allow_concurrent_memtable_write = false;  // one writer
  options.enable_write_thread_adaptive_yield = false;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.keep_log_file_num = 4;
  options.max_log_file_size = 4U << 20U;
  options.max_manifest_file_size = 16U << 20U;
  return options;
}

rocksdb::ColumnFamilyOptions family_options(Family family, const StoreOptions& wanted, std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = std::max<std::size_t>(64U << 10U, wanted.write_buffer_bytes / buffer_share(family));
  options.arena_block_size = 32U << 10U;
  options.max_write_buffer_number = 3;
  options.target_file_size_base = only_keys(family) ? 2U << 20U : 16U << 20U;
  options.max_bytes_for_level_base = 64U << 20U;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = compression();
  options.level0_slowdown_writes_trigger = 200;  // where a table cannot be read, those before it cannot be compacted
  options.level0_stop_writes_trigger = 1000;
  options.table_properties_collector_factories.push_back(collect_tombstones());
  if (family == Family::body) {
    options.enable_blob_files = true;
    options.min_blob_size = 4096;
    options.blob_file_size = 64U << 20U;
    options.blob_compression_type = options.compression;
    options.enable_blob_garbage_collection = true;
    options.blob_garbage_collection_age_cutoff = 0.5;
    options.blob_garbage_collection_force_threshold = 0.5;
  }
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.block_size = 16U << 10U;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;  // Debian's build computes CRC32C in software
  if (point_reads(family)) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace queue
