// queue/store.h — the spool on disk: families of ordered rows, written in atomic batches.
//
// What      RocksDB behind the few operations we use. Owns the directory, the lock, the format version, the tuning.
// Units     Keys and values are bytes; what they mean is the business of message.h, queue.h and the owners of the other rows.
// Promise   A batch is applied whole or not at all. What was written before a sync() that returned survives power loss.
//           `single_erase` may only be used for a key that was put exactly once since its last erase.
// Errors    StoreError{what, no_space, damaged}. Less on the disk than was synced (damaged), another process on the same directory, a
//           newer format version, a directory that cannot be written: refused at open with a text for people.
// Source    DESIGN.md §4.2, STORE.md.
// Not here  who may write (only mta/scheduler), what is decided.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "queue/types.h"

namespace rocksdb {
class Env;
}

namespace queue {

enum class Family : std::uint8_t { meta, body, message, recipient, queue_row, wake, queue, attempt, lane, event, history };
inline constexpr std::size_t family_count = 11;
inline constexpr std::uint64_t least_to_open = 4U << 20U;  // octets free on the disk, the ballast given up
std::string_view name(Family);

struct StoreError : std::runtime_error {
  StoreError(const std::string& what, bool no_space_in) : std::runtime_error(what), no_space(no_space_in) {}
  static StoreError damage(const std::string& what) {
    StoreError error(what, false);
    error.damaged = true;
    return error;
  }
  bool no_space;
  bool damaged = false;  // octets on the disk are not what was written there, or are gone
};

class Batch {
 public:
  Batch();
  ~Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;
  void put(Family, std::string_view key, std::string_view value);
  void erase(Family, std::string_view key);
  void single_erase(Family, std::string_view key);
  void erase_range(Family, std::string_view from, std::string_view to);  // [from, to); of keys that were put at most once
  bool empty() const;
  std::size_t bytes() const;
  void clear();
  void mark();          // undo_to_mark() takes back what is added from now on
  void undo_to_mark();  // REQUIRES: a mark, and no clear() since

 private:
  friend class Store;
  struct Rows;
  std::unique_ptr<Rows> rows_;
};

// An ordered walk over [from, to) of one family; an empty `to` is the end. Views are valid until the next call. Sees the rows of
// the moment of scan() and pins them: keep it for one step, not across waits, and let it end before the Store.
class Cursor {
 public:
  ~Cursor();
  Cursor(Cursor&&) noexcept;
  bool valid() const;  // throws StoreError on a read error
  std::string_view key() const;
  std::string_view value() const;
  void next();

 private:
  friend class Store;
  struct Parts;
  explicit Cursor(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> state_;
};

struct StoreOptions {
  rocksdb::Env* env = nullptr;                    // nullptr: the real file system
  std::uint64_t write_buffer_bytes = 16U << 20U;  // over all families together
  std::uint64_t block_cache_bytes = 16U << 20U;
  std::uint64_t max_wal_bytes = 128U << 20U;  // bounds the replay after a crash
  std::uint64_t ballast_bytes = 32U << 20U;   // room that is given up first when the disk fills
  std::uint64_t floor_bytes = 20U << 20U;     // of free space: left to what RocksDB does by itself
  bool accept_damage = false;                 // open although less is there than was synced, and note that (queue/damage.h)
};

struct SpoolUse {
  std::uint64_t bodies = 0;  // tables and blob files of bodies, dead or alive
  std::uint64_t logs = 0;    // write-ahead logs
  std::uint64_t free = 0;    // of the disk
  bool ballast = false;      // it is kept
};

class Store {
 public:
  // Creates what is missing (directory mode 0700). Throws StoreError with a text for people.
  static std::unique_ptr<Store> open(const std::string& path, const StoreOptions& = {});
  // The spool as it is on the disk, without its lock: nothing can be written. Of a spool that a daemon has open it may see less than that
  // one, and less than was synced.
  static std::unique_ptr<Store> open_to_read(const std::string& path, const StoreOptions& = {});
  ~Store();

  void write(const Batch&);     // in the write-ahead log and visible, not yet on stable storage
  void sync(Instant now = {});  // everything written before is on stable storage after; `now` is what a loss will be dated by
  void sync_mark();             // the mark of what was synced is on stable storage too (STORE.md, "What was synced"); never fails
  std::optional<std::string> get(Family, std::string_view key) const;
  Cursor scan(Family, std::string_view from, std::string_view to) const;
  std::optional<std::string> last_key(Family) const;
  SpoolUse use() const;
  // Octets that nothing refers to go back to the disk; takes as long as writing what is alive. False: not all of it could be done.
  bool give_back();
  void make_ballast(std::uint64_t spare);  // again, when that much stays free besides
  // The order of the queue (queue_row, queue, wake) is to be made anew from the recipients: something was lost, or it cannot be read whole.
  bool wants_rebuild() const;
  void clear_indexes();
  void note_rebuilt();
  std::optional<std::string> loss() const;          // opened to read: what a start would refuse for, as it would say it
  std::vector<std::string> damaged_tables() const;  // reads every table: a sentence for each that is not as it was written
  std::uint64_t approximate_memory() const;         // octets RocksDB holds, for status and tests

  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

 private:
  struct Db;
  explicit Store(std::unique_ptr<Db>);
  std::unique_ptr<Db> db_;
};

}  // namespace queue
