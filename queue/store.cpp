#include "queue/store.h"

#include <fmt/format.h>

#include <vector>

#include "queue/batch.h"
#include "queue/store_db.h"

namespace queue {

namespace {

// On disk a row of a queue is of the family "line", the record of a queue of "lines": spools of earlier versions are read.
constexpr std::array<std::string_view, family_count> names{"meta",  "body",    "message", "recipient", "line",   "wake",
                                                           "lines", "attempt", "lane",    "event",     "history"};
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

StoreError refusal(const std::string& path, std::string_view what, const rocksdb::Status& status) {
  if (is_lock_held(status)) return {fmt::format("spool {} is in use by another process", path), false};
  const bool no_space = is_no_space(status);
  StoreError error(fmt::format("spool {}: {}: {}", path, what, no_space ? "no space left on the device" : status.ToString()),
                   no_space);
  error.damaged = status.IsCorruption() || status.IsPathNotFound() ||
                  (status.IsIOError() && status.ToString().find("No such file") != std::string::npos);
  return error;
}

void refuse(const std::string& path, std::string_view what, const rocksdb::Status& status) { throw refusal(path, what, status); }

Store::Db::~Db() {
  if (!rocks) return;
  for (auto* handle : handles) rocks->DestroyColumnFamilyHandle(handle);
  rocks->Close();  // nothing to tell: what was synced is on disk, the rest never was promised
}

// RocksDB must not be asked again for the log it failed at: it asserts that it is not.
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

rocksdb::Status Store::Db::put(rocksdb::WriteBatch& rows) {
  if (in_order) return rocks->Write({}, &rows);
  rocksdb::WriteBatch renumbered;
  Renumber renumber(handles, renumbered);
  const auto status = rows.Iterate(&renumber);
  return status.ok() ? rocks->Write({}, &renumbered) : status;
}

void Store::write(const Batch& batch) {
  const std::lock_guard lock(db_->state);
  db_->make_ready("cannot be written");
  db_->check_room(batch.bytes());
  auto status = db_->put(batch.rows_->rows);
  if (is_no_space(status) && db_->has_room(batch.bytes())) {  // a flush found none; by now there is
    db_->full = true;
    db_->make_ready("cannot be written");
    status = db_->put(batch.rows_->rows);
  }
  if (!status.ok()) db_->fail("cannot be written", status);
}

void Store::sync(Instant now) {
  for (;;) {
    std::unique_lock lock(db_->state);
    db_->make_ready("cannot be synced");
    const std::uint64_t before = db_->resumptions;
    lock.unlock();
    const SyncMark mark = db_->mark_now(now);
    const auto status = db_->rocks->SyncWAL();
    if (status.ok()) {
      const std::lock_guard marking(db_->mark_state);
      return db_->marks->add(mark);
    }
    lock.lock();
    if (db_->resumptions != before) continue;  // a write met no space, and the log we were at is gone
    if (db_->full) throw refusal(db_->path, "cannot be synced", rocksdb::Status::NoSpace());
    db_->fail("cannot be synced", status);
  }
}

void Store::sync_mark() {
  const std::lock_guard marking(db_->mark_state);
  db_->marks->sync();
}

std::optional<std::string> Store::get(Family family, std::string_view key) const {
  std::string value;
  const auto status = db_->rocks->Get({}, db_->handle(family), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) refuse(db_->path, fmt::format("cannot read a row of {}", name(family)), status);
  return value;
}

std::vector<std::string> Store::damaged_tables() const {
  std::vector<std::string> found;
  if (!db_->lost.text.empty()) found.push_back(db_->lost.text);
  db_->for_each_table([&](const rocksdb::LiveFileMetaData& table) {
    if (auto fault = db_->fault_of(table); fault && *fault != db_->lost.text) found.push_back(std::move(*fault));
    return true;
  });
  if (const auto gone = db_->missing_files(); gone && gone->text != db_->lost.text) found.push_back(gone->text);
  return found;
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

struct Cursor::Parts {
  std::string path;
  Family family = Family::meta;
  std::string from, to;
  rocksdb::Slice lower, upper;  // RocksDB keeps pointers to these
  std::unique_ptr<rocksdb::Iterator> rows;
};

Cursor::Cursor(std::unique_ptr<Parts> state) : state_(std::move(state)) {}
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
  auto state = std::make_unique<Cursor::Parts>();
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
