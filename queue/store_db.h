// queue/store_db.h — the inside of Store: the opened database.
//
// What      RocksDB with its families, the state it is in, and the words for its errors. Shared by the files of Store.
// Units     –
// Promise   `state` is held while rows are written; a sync holds it before and after, not while it waits for the disk.
// Errors    StoreError.
// Source    STORE.md.
// Not here  the interface (store.h). Include only where RocksDB's headers are allowed.
#pragma once

#include <rocksdb/cache.h>
#if __has_include(<rocksdb/advanced_cache.h>)  // RocksDB 8: what can be asked of a cache moved there
#include <rocksdb/advanced_cache.h>
#endif
#include <rocksdb/db.h>

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "queue/ballast.h"
#include "queue/damage.h"
#include "queue/store.h"
#include "queue/sync_mark.h"

namespace queue {

StoreError refusal(const std::string& path, std::string_view what, const rocksdb::Status&);
[[noreturn]] void refuse(const std::string& path, std::string_view what, const rocksdb::Status&);

// While one lives no file of the database is removed, whatever compactions do: who asks the database for its files and then looks at them
// finds them. A database that is opened to read has no such power over the process that writes it.
class FilesStay {
 public:
  explicit FilesStay(rocksdb::DB&);
  ~FilesStay();
  FilesStay(const FilesStay&) = delete;
  FilesStay& operator=(const FilesStay&) = delete;

 private:
  rocksdb::DB& rocks_;
  bool stay_;
};

struct Store::Db {
  std::string path;
  std::shared_ptr<rocksdb::Cache> cache;
  std::unique_ptr<SyncMarkFile> marks;
  std::shared_ptr<Ballast> ballast;
  std::uint64_t floor = 0;
  std::uint64_t room_left = 0;        // may be written before the free space is looked at again
  std::unique_ptr<rocksdb::Env> env;  // goes after `rocks`
  std::unique_ptr<rocksdb::DB> rocks;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;  // by Family
  bool in_order = true;                               // handles[n]->GetID() == n
  std::mutex state;
  bool full = false;  // met no space: RocksDB refuses everything until Resume
  std::uint64_t resumptions = 0;
  LogDamage lost;         // opened to read: what is gone of what was synced, text "" = nothing
  std::string broken;     // the first error of another kind: nothing works after it
  std::mutex mark_state;  // guards marks

  ~Db();
  rocksdb::ColumnFamilyHandle* handle(Family family) const { return handles[static_cast<std::size_t>(family)]; }

  void make_ready(std::string_view what);  // REQUIRES: `state` held, as for the next
  [[noreturn]] void fail(std::string_view what, const rocksdb::Status&);
  rocksdb::Status put(rocksdb::WriteBatch&);

  // store_space.cpp
  void check_room(std::uint64_t octets);  // REQUIRES: `state` held. Throws when there is none.
  bool has_room(std::uint64_t octets) const;
  std::uint64_t number(Family, const std::string& property) const;

  // store_open.cpp
  bool make_room(const StoreOptions&);
  void open(const StoreOptions&);
  enum class Access { write, read };
  rocksdb::Status create_database(const rocksdb::DBOptions&, const std::vector<rocksdb::ColumnFamilyDescriptor>&);
  rocksdb::Status open_database(const rocksdb::DBOptions&, const StoreOptions&, Access = Access::write);
  void open_damaged(const StoreOptions&, const rocksdb::Status& whole, LogDamage&);
  void refuse_unknown_families(const rocksdb::DBOptions&) const;
  void check_format();
  std::optional<LogDamage> missing_files() const;
  LogDamage loss_when_open(const std::vector<SyncMark>& synced) const;
  SyncMark mark_now(Instant) const;

  // store_mend.cpp
  void for_each_table(const std::function<bool(const rocksdb::LiveFileMetaData&)>& see) const;  // until it says false
  std::optional<std::string> fault_of(const rocksdb::LiveFileMetaData&) const;  // what of the table cannot be read
  std::optional<std::string> fault_of(Family) const;                            // the first of its tables
  std::optional<LogDamage> unreadable_rows() const;  // of families that hold no mail and that nothing else tells
  void clear(Family);
  void save_what_can_be_read(Family);
  void mend(bool damaged);
};

}  // namespace queue
