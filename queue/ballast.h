// queue/ballast.h — room on the disk that is kept for the day when there is none.
//
// What      A file (`ballast`) whose blocks are allocated and never written. It is given up before RocksDB could meet a full disk, and
//           made again when there is room. And RocksDB's file system, which looks at the free space before it writes.
// Units     Octets.
// Promise   What is written by `files()` finds the ballast gone before the disk is full, as long as nothing else fills it faster.
// Errors    None: where blocks cannot be allocated there is no ballast.
// Source    STORE.md, "When the disk says no".
// Not here  refusing what is to be written (store.cpp). Include only where RocksDB's headers are allowed.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace queue {

class Ballast {
 public:
  Ballast(rocksdb::Env& env, std::string spool, std::uint64_t octets) : env_(env), spool_(std::move(spool)), octets_(octets) {}

  std::uint64_t free() const;  // of the disk; UINT64_MAX when it cannot be asked
  bool is_there() const;
  // Makes it when `spare` octets stay free besides; less of it on a disk that has little.
  void make(std::uint64_t spare);
  // True: it was there, and its octets are free now.
  bool give_up();
  std::uint64_t octets() const { return octets_; }

 private:
  std::string path() const { return spool_ + "/ballast"; }
  rocksdb::Env& env_;
  std::string spool_;
  std::uint64_t octets_;
  std::mutex mutex_;  // one makes or gives up
};

// RocksDB's environment: as `base`, but what is written looks at the free space first, every few megabytes or, when there is little,
// each time, and gives the ballast up below `floor`.
std::unique_ptr<rocksdb::Env> careful_env(rocksdb::Env& base, std::shared_ptr<Ballast>, std::uint64_t floor);

}  // namespace queue
