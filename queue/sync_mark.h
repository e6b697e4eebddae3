// queue/sync_mark.h — what was synced, kept apart from what was synced.
//
// What      A small file beside the database (`synced`): after each sync a line that says how far the log was on stable storage, and
//           when. At the next start the logs are held against it, so that less than was synced never passes for a torn tail.
// Units     Sequence numbers are RocksDB's; octets are of one log; instants are scheduling time.
// Promise   A mark never says more than was synced: it is taken before the sync and written after it. It may say less after a power
//           loss, by what was synced since its own last sync. The file stays below some 300 KiB.
// Errors    A mark that cannot be written is left out: it only says less then. A line that is torn or does not match its checksum is
//           not read.
// Source    STORE.md, "What was synced".
// Not here  what a start does about it (store_open.cpp). Include only where RocksDB's headers are allowed.
#pragma once

#include <rocksdb/env.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "queue/types.h"

namespace queue {

struct SyncMark {
  std::uint64_t sequence = 0;  // every write up to it
  std::uint64_t log = 0;       // the log that was written then
  std::uint64_t octets = 0;    // its length
  Instant at{};
  std::string line() const;
  static std::optional<SyncMark> parse(std::string_view line);  // without its line end
  friend bool operator==(const SyncMark&, const SyncMark&) = default;
};

// Marks of the same log in order; whether they hold is asked of the logs as they are.
struct LogLoss {
  std::optional<Instant> since;  // all before it is there; empty when no mark is left that holds
  std::string what;              // "the write-ahead log 000012.log is gone"
};
std::optional<LogLoss> find_loss(rocksdb::Env&, const std::string& spool, const std::vector<SyncMark>&);

class SyncMarkFile {
 public:
  SyncMarkFile(rocksdb::Env& env, std::string spool) : env_(env), spool_(std::move(spool)) {}
  std::vector<SyncMark> read() const;  // in order; empty when there is no file
  void begin(const SyncMark&);         // a new file with this mark, durable
  void add(SyncMark);                  // without an instant: that of the mark before
  void sync();                         // what was added

 private:
  void rewrite();
  rocksdb::Env& env_;
  std::string spool_;
  std::unique_ptr<rocksdb::WritableFile> file_;
  std::vector<SyncMark> kept_;  // those of the file, one a second
  std::size_t octets_ = 0;
  bool unsynced_ = false;
};

}  // namespace queue
