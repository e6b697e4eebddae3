// queue/store.h — the spool on disk: families of ordered rows, written in atomic batches.
//
// What      RocksDB behind the few operations we use. Owns the directory, the lock, the format version, the tuning.
// Units     Keys and values are bytes; what they mean is the business of message.h, line.h and the owners of the other rows.
// Promise   A batch is applied whole or not at all. What was written before a sync() that returned survives power loss.
//           `single_erase` may only be used for a key that was put exactly once since its last erase.
// Errors    StoreError{what, no_space}. Another process on the same directory, a newer format version, a directory that cannot be
//           written: refused at open with a text for people.
// Source    design §3.3, STORE.md.
// Not here  who may write (only mta/books), what is decided.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rocksdb {
class Env;
}

namespace queue {

enum class Family : std::uint8_t { meta, body, message, recipient, line, wake, lines, attempt, lane, event };
inline constexpr std::size_t family_count = 10;
std::string_view name(Family);

struct StoreError : std::runtime_error {
  StoreError(const std::string& what, bool no_space_in) : std::runtime_error(what), no_space(no_space_in) {}
  bool no_space;
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
  void erase_range(Family, std::string_view from, std::string_view to);  // [from, to); for events only
  bool empty() const;
  std::size_t bytes() const;
  void clear();

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
  struct State;
  explicit Cursor(std::unique_ptr<State>);
  std::unique_ptr<State> state_;
};

struct StoreOptions {
  rocksdb::Env* env = nullptr;                    // nullptr: the real file system
  std::uint64_t write_buffer_bytes = 16U << 20U;  // over all families together
  std::uint64_t block_cache_bytes = 16U << 20U;
  std::uint64_t max_wal_bytes = 128U << 20U;  // bounds the replay after a crash
};

class Store {
 public:
  // Creates what is missing (directory mode 0700). Throws StoreError with a text for people.
  static std::unique_ptr<Store> open(const std::string& path, const StoreOptions& = {});
  ~Store();

  void write(const Batch&);  // in the write-ahead log and visible, not yet on stable storage
  void sync();               // everything written before is on stable storage after
  std::optional<std::string> get(Family, std::string_view key) const;
  Cursor scan(Family, std::string_view from, std::string_view to) const;
  std::optional<std::string> last_key(Family) const;
  std::uint64_t approximate_memory() const;  // octets RocksDB holds, for status and tests

  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

 private:
  struct Db;
  explicit Store(std::unique_ptr<Db>);
  std::unique_ptr<Db> db_;
};

}  // namespace queue
