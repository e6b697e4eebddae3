#include "queue/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/cache.h>
#if __has_include(<rocksdb/advanced_cache.h>)  // RocksDB 8: what can be asked of a cache moved there
#include <rocksdb/advanced_cache.h>
#endif
#include <rocksdb/db.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <vector>

#include "queue/batch.h"
#include "queue/tuning.h"

namespace queue {

namespace {

constexpr std::array<std::string_view, family_count> names{"meta", "body",  "message", "recipient", "line",
                                                           "wake", "lines", "attempt", "lane",      "event"};
constexpr std::string_view format_key = "format";
constexpr unsigned format_version = 1;

std::string rocksdb_name(Family family) {
  return family == Family::meta ? rocksdb::kDefaultColumnFamilyName : std::string(name(family));
}

bool is_no_space(const rocksdb::Status& status) {
  return status.IsNoSpace() || status.subcode() == rocksdb::Status::kNoSpace ||
         status.ToString().find("No space left on device") != std::string::npos;
}

bool is_lock_held(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return text.find("lock hold by current process") != std::string::npos ||
         (text.find("While lock file") != std::string::npos &&
          text.find("Resource temporarily unavailable") != std::string::npos);
}

StoreError refusal(const std::string& path, std::string_view what, const rocksdb::Status& status) {
  if (is_lock_held(status)) return {fmt::format("spool {} is in use by another process", path), false};
  const bool no_space = is_no_space(status);
  return {fmt::format("spool {}: {}: {}", path, what, no_space ? "no space left on the device" : status.ToString()), no_space};
}

[[noreturn]] void refuse(const std::string& path, std::string_view what, const rocksdb::Status& status) {
  throw refusal(path, what, status);
}

// The real file system only: another Env makes its directories as it likes.
void make_directory(const std::string& path) {
  std::error_code ignored;  // mkdir below has the last word
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  if (::mkdir(path.c_str(), 0700) == 0) return;
  const int cause = errno;
  struct stat facts {};
  if (cause == EEXIST && ::stat(path.c_str(), &facts) == 0) {
    if (S_ISDIR(facts.st_mode)) return;
    throw StoreError(fmt::format("spool {} is not a directory", path), false);
  }
  throw StoreError(fmt::format("spool {} cannot be created: {}", path, std::generic_category().message(cause)), cause == ENOSPC);
}

void check_writable(const std::string& path) {
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0) return;
  throw StoreError(fmt::format("spool {} cannot be written: {}", path, std::generic_category().message(errno)), false);
}

// Translates our family numbers into RocksDB's where families were not created in our order.
class Renumber : public rocksdb::WriteBatch::Handler {
 public:
  Renumber(const std::vector<rocksdb::ColumnFamilyHandle*>& handles, rocksdb::WriteBatch& out) : handles_(handles), out_(out) {}
  rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& key, const rocksdb::Slice& value) override {
    return out_.Put(handles_.at(family), key, value);
  }
  rocksdb::Status DeleteCF(std::uint32_t family, const rocksdb::Slice& key) override {
    return out_.Delete(handles_.at(family), key);
  }
  rocksdb::Status SingleDeleteCF(std::uint32_t family, const rocksdb::Slice& key) override {
    return out_.SingleDelete(handles_.at(family), key);
  }
  rocksdb::Status DeleteRangeCF(std::uint32_t family, const rocksdb::Slice& from, const rocksdb::Slice& to) override {
    return out_.DeleteRange(handles_.at(family), from, to);
  }

 private:
  const std::vector<rocksdb::ColumnFamilyHandle*>& handles_;
  rocksdb::WriteBatch& out_;
};

}  // namespace

std::string_view name(Family family) { return names.at(static_cast<std::size_t>(family)); }

struct Store::Db {
  std::string path;
  std::shared_ptr<rocksdb::Cache> cache;
  std::unique_ptr<rocksdb::DB> rocks;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;  // by Family
  bool in_order = true;                               // handles[n]->GetID() == n
  std::mutex state;   // held by a write; a sync holds it before and after, not while it waits for the disk
  bool full = false;  // met no space: RocksDB refuses everything until Resume
  std::uint64_t resumptions = 0;
  std::string broken;  // the first error of another kind: nothing works after it

  ~Db() {
    if (!rocks) return;
    for (auto* handle : handles) rocks->DestroyColumnFamilyHandle(handle);
    rocks->Close();  // nothing to tell: what was synced is on disk, the rest never was promised
  }

  rocksdb::ColumnFamilyHandle* handle(Family family) const { return handles[static_cast<std::size_t>(family)]; }

  void make_ready(std::string_view what);  // REQUIRES: `state` held, as for the next
  [[noreturn]] void fail(std::string_view what, const rocksdb::Status&);
  void open_database(const StoreOptions&);
  void refuse_unknown_families(const rocksdb::DBOptions&) const;
  void check_format();
};

// RocksDB must not be asked again for the log it failed at: it asserts that nobody does.
void Store::Db::make_ready(std::string_view what) {
  if (!broken.empty()) throw StoreError(broken, false);
  if (!full) return;
  const auto resumed = rocks->Resume();
  if (!resumed.ok()) fail(what, resumed);
  full = false;
  ++resumptions;
}

void Store::Db::fail(std::string_view what, const rocksdb::Status& status) {
  const StoreError error = refusal(path, what, status);
  if (error.no_space) {
    full = true;
  } else {
    broken = error.what();
  }
  throw error;
}

void Store::Db::refuse_unknown_families(const rocksdb::DBOptions& options) const {
  std::vector<std::string> present;
  if (!rocksdb::DB::ListColumnFamilies(options, path, &present).ok()) return;  // a new directory, or Open says it better
  for (const auto& family : present) {
    if (family == rocksdb::kDefaultColumnFamilyName) continue;
    if (std::find(names.begin(), names.end(), family) == names.end()) {
      throw StoreError(
          fmt::format("spool {} holds rows of a kind that this version does not know ({}): it was written by a newer version",
                      path, family),
          false);
    }
  }
}

void Store::Db::open_database(const StoreOptions& wanted) {
  const rocksdb::DBOptions options = database_options(wanted);
  refuse_unknown_families(options);
  cache = rocksdb::NewLRUCache(wanted.block_cache_bytes, 2, false, 0.5);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t at = 0; at < family_count; ++at) {
    const auto family = static_cast<Family>(at);
    families.emplace_back(rocksdb_name(family), family_options(family, wanted, cache));
  }
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(options, path, families, &handles, &opened);
  if (!status.ok()) refuse(path, "cannot be opened", status);
  rocks.reset(opened);
  for (std::size_t at = 0; at < family_count; ++at) in_order = in_order && handles[at]->GetID() == at;
}

void Store::Db::check_format() {
  std::string found;
  const auto status = rocks->Get({}, handle(Family::meta), slice(format_key), &found);
  if (status.ok()) {
    if (found == std::to_string(format_version)) return;
    throw StoreError(fmt::format("spool {} has format {}, this version knows {}: it was written by a newer version", path, found,
                                 format_version),
                     false);
  }
  if (!status.IsNotFound()) refuse(path, "the format version cannot be read", status);
  const auto written = rocks->Put({}, handle(Family::meta), slice(format_key), std::to_string(format_version));
  if (!written.ok()) refuse(path, "cannot be written", written);
  const auto synced = rocks->SyncWAL();
  if (!synced.ok()) refuse(path, "cannot be synced", synced);
}

Store::Store(std::unique_ptr<Db> db) : db_(std::move(db)) {}
Store::~Store() = default;

std::unique_ptr<Store> Store::open(const std::string& path, const StoreOptions& options) {
  if (options.env == nullptr) {
    make_directory(path);
    check_writable(path);
  }
  auto db = std::make_unique<Db>();
  db->path = path;
  db->open_database(options);
  db->check_format();
  return std::unique_ptr<Store>(new Store(std::move(db)));
}

void Store::write(const Batch& batch) {
  const std::lock_guard lock(db_->state);
  db_->make_ready("cannot be written");
  rocksdb::Status status;
  if (db_->in_order) {
    status = db_->rocks->Write({}, &batch.rows_->rows);
  } else {
    rocksdb::WriteBatch renumbered;
    Renumber renumber(db_->handles, renumbered);
    status = batch.rows_->rows.Iterate(&renumber);
    if (status.ok()) status = db_->rocks->Write({}, &renumbered);
  }
  if (!status.ok()) db_->fail("cannot be written", status);
}

void Store::sync() {
  for (;;) {
    std::unique_lock lock(db_->state);
    db_->make_ready("cannot be synced");
    const std::uint64_t before = db_->resumptions;
    lock.unlock();
    const auto status = db_->rocks->SyncWAL();
    if (status.ok()) return;
    lock.lock();
    if (db_->resumptions != before) continue;  // a write met no space, and the log we were at is gone
    if (db_->full) throw refusal(db_->path, "cannot be synced", rocksdb::Status::NoSpace());
    db_->fail("cannot be synced", status);
  }
}

std::optional<std::string> Store::get(Family family, std::string_view key) const {
  std::string value;
  const auto status = db_->rocks->Get({}, db_->handle(family), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) refuse(db_->path, fmt::format("cannot read a row of {}", name(family)), status);
  return value;
}

std::uint64_t Store::approximate_memory() const {
  std::uint64_t total = db_->cache->GetUsage();
  for (auto* handle : db_->handles) {
    for (const auto& property : {rocksdb::DB::Properties::kSizeAllMemTables, rocksdb::DB::Properties::kEstimateTableReadersMem}) {
      std::uint64_t octets = 0;
      if (db_->rocks->GetIntProperty(handle, property, &octets)) total += octets;
    }
  }
  return total;
}

// ---- Cursor

struct Cursor::State {
  std::string path;
  Family family = Family::meta;
  std::string from, to;
  rocksdb::Slice lower, upper;  // RocksDB keeps pointers to these
  std::unique_ptr<rocksdb::Iterator> rows;
};

Cursor::Cursor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Cursor::~Cursor() = default;
Cursor::Cursor(Cursor&&) noexcept = default;

bool Cursor::valid() const {
  if (state_->rows->Valid()) return true;
  const auto status = state_->rows->status();
  if (!status.ok()) refuse(state_->path, fmt::format("cannot read rows of {}", name(state_->family)), status);
  return false;
}
std::string_view Cursor::key() const { return view(state_->rows->key()); }
std::string_view Cursor::value() const { return view(state_->rows->value()); }
void Cursor::next() { state_->rows->Next(); }

Cursor Store::scan(Family family, std::string_view from, std::string_view to) const {
  auto state = std::make_unique<Cursor::State>();
  state->path = db_->path;
  state->family = family;
  state->from = from;
  state->to = to;
  state->lower = state->from;
  state->upper = state->to;
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &state->lower;
  if (!state->to.empty()) options.iterate_upper_bound = &state->upper;
  state->rows.reset(db_->rocks->NewIterator(options, db_->handle(family)));
  state->rows->Seek(state->lower);
  return Cursor(std::move(state));
}

std::optional<std::string> Store::last_key(Family family) const {
  const std::unique_ptr<rocksdb::Iterator> rows(db_->rocks->NewIterator({}, db_->handle(family)));
  rows->SeekToLast();
  if (rows->Valid()) return rows->key().ToString();
  if (!rows->status().ok()) refuse(db_->path, fmt::format("cannot read rows of {}", name(family)), rows->status());
  return std::nullopt;
}

}  // namespace queue
