// Tables of which a stretch cannot be read, of the families that hold no mail: found when the spool is opened, saved what can be.
#include <fmt/format.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/version.h>

#include <algorithm>
#include <utility>

#include "queue/batch.h"
#include "queue/store_db.h"

namespace queue {

namespace {

constexpr std::string_view rebuild_key = "rebuild";
// Told by the recipients, so nothing is lost with them.
constexpr std::array indexes{Family::queue_row, Family::queue, Family::wake};
// What is lost of these nobody else knows. Events and history are long: whoever reads them goes on behind what cannot be read.
constexpr std::array singular{Family::meta, Family::attempt, Family::lane};

using ReadableRows = std::vector<std::pair<std::string, std::string>>;

std::string successor(std::string key, std::size_t length, unsigned char last) {
  key.resize(length);
  key.back() = static_cast<char>(last);
  return key;
}

// The first key behind `key` from which rows can be read again; empty when there is none. It may pass over some that could be.
std::string behind_damage(rocksdb::DB& rocks, rocksdb::ColumnFamilyHandle* handle, const std::string& key) {
  const auto can_read = [&](const std::string& from) {
    const std::unique_ptr<rocksdb::Iterator> row(rocks.NewIterator({}, handle));
    row->Seek(from);
    return row->Valid();
  };
  for (std::size_t length = key.size(); length > 0; --length) {
    const auto octet = static_cast<unsigned char>(key[length - 1]);
    const unsigned most = length == 1 ? 255U : std::min(255U, octet + 4U);
    for (unsigned next = octet + 1U; next <= most; ++next) {
      const std::string from = successor(key, length, static_cast<unsigned char>(next));
      if (can_read(from)) return from;
    }
  }
  return {};
}

ReadableRows readable_rows(rocksdb::DB& rocks, rocksdb::ColumnFamilyHandle* handle) {
  ReadableRows rows;
  std::string from;
  for (;;) {
    const std::unique_ptr<rocksdb::Iterator> row(rocks.NewIterator({}, handle));
    for (row->Seek(from); row->Valid(); row->Next()) rows.emplace_back(row->key().ToString(), row->value().ToString());
    if (row->status().ok()) return rows;
    std::string last = std::max(from, rows.empty() ? std::string(1, '\0') : rows.back().first);
    from = behind_damage(rocks, handle, last);
    if (from.empty()) return rows;
  }
}

}  // namespace

std::optional<std::string> Store::Db::fault_of(const rocksdb::LiveFileMetaData& table) const {
  rocksdb::Options options(rocksdb::DBOptions(), rocks->GetOptions(handles.front()));
  options.env = rocks->GetEnv();
  rocksdb::SstFileReader reader(options);
  auto status = reader.Open(table.directory + table.name);
  if (status.ok()) status = reader.VerifyChecksum();
  if (status.ok()) return std::nullopt;
  const auto file = table.name.starts_with('/') ? table.name.substr(1) : table.name;
  const auto family =
      table.column_family_name == rocksdb::kDefaultColumnFamilyName ? name(Family::meta) : table.column_family_name;
  return fmt::format("table {} of {}: {}", file, family, status.ToString());
}

FilesStay::FilesStay(rocksdb::DB& rocks) : rocks_(rocks), stay_(rocks.DisableFileDeletions().ok()) {}

FilesStay::~FilesStay() {
  if (!stay_) return;
#if ROCKSDB_MAJOR < 9
  rocks_.EnableFileDeletions(false);  // by count: there may be another of us
#else
  rocks_.EnableFileDeletions();
#endif
}

void Store::Db::for_each_table(const std::function<bool(const rocksdb::LiveFileMetaData&)>& see) const {
  const FilesStay stay(*rocks);
  std::vector<rocksdb::LiveFileMetaData> tables;
  rocks->GetLiveFilesMetaData(&tables);
  for (const auto& table : tables)
    if (!see(table)) break;
}

std::optional<std::string> Store::Db::fault_of(Family family) const {
  std::optional<std::string> fault;
  for_each_table([&](const rocksdb::LiveFileMetaData& table) {
    if (table.column_family_name == handle(family)->GetName()) fault = fault_of(table);
    return !fault;
  });
  return fault;
}

std::optional<LogDamage> Store::Db::unreadable_rows() const {
  for (const Family family : singular)
    if (auto fault = fault_of(family)) return LogDamage{std::nullopt, std::move(*fault), false};
  return std::nullopt;
}

// Its tables go as files, from the oldest, because what is erased in them would still be read.
void Store::Db::clear(Family family) {
  if (const auto flushed = rocks->Flush({}, handle(family)); !flushed.ok()) refuse(path, "cannot be written", flushed);
  rocks->PauseBackgroundWork();
  rocksdb::Status status;
  rocksdb::ColumnFamilyMetaData facts;
  rocks->GetColumnFamilyMetaData(handle(family), &facts);
  for (auto level = facts.levels.rbegin(); level != facts.levels.rend(); ++level) {
    auto files = level->files;
    std::ranges::sort(files, {}, &rocksdb::SstFileMetaData::largest_seqno);
    for (const auto& file : files)
      if (status.ok()) status = rocks->DeleteFile(file.name);
  }
  rocks->ContinueBackgroundWork();
  if (!status.ok()) refuse(path, fmt::format("the tables of {} cannot be removed", name(family)), status);
}

void Store::Db::save_what_can_be_read(Family family) {
  const ReadableRows rows = readable_rows(*rocks, handle(family));
  clear(family);
  rocksdb::WriteBatch batch;
  for (const auto& [key, value] : rows) batch.Put(handle(family), key, value);
  if (const auto written = rocks->Write({}, &batch); !written.ok()) refuse(path, "cannot be written", written);
  if (const auto flushed = rocks->Flush({}, handle(family)); !flushed.ok()) refuse(path, "cannot be written", flushed);
}

// REQUIRES: what is lost was accepted, if anything is.
void Store::Db::mend(bool damaged) {
  for (const Family family : singular)
    if (damaged && fault_of(family)) save_what_can_be_read(family);
  for (const Family family : indexes) damaged = damaged || fault_of(family).has_value();
  if (!damaged) return;
  const auto noted = rocks->Put({}, handle(Family::meta), slice(rebuild_key), "");
  if (!noted.ok()) refuse(path, "cannot be written", noted);
}

bool Store::wants_rebuild() const { return get(Family::meta, rebuild_key).has_value(); }

void Store::clear_indexes() {
  for (const Family family : indexes) db_->clear(family);
}

void Store::note_rebuilt() {
  Batch done;
  done.erase(Family::meta, rebuild_key);
  write(done);
  sync();
}

}  // namespace queue
