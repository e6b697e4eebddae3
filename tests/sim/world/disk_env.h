// tests/sim/world/disk_env.h — a DiskImage as RocksDB's file system and environment.
//
// What      DiskLife: one image, its lock, its locks, its backroom, and the Env made of them.
// Units     –
// Promise   Background jobs begin only when the program waits for them, so that what they do comes between two of its steps: who appends to
//           the write-ahead log, or asks for the size of a file by its name, first waits until no background job is left.
// Errors    As IOStatus: power and broken are I/O errors, no_space has its own code.
// Source    RocksDB 7.8 file_system.h, env.h.
// Not here  what survives (disk_image.h).
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "tests/sim/world/disk_image.h"

namespace rocksdb {
class Env;
}

namespace mta::sim {

class BackgroundThread;

class DiskLife {
 public:
  explicit DiskLife(DiskImage);
  ~DiskLife();
  DiskLife(const DiskLife&) = delete;
  DiskLife& operator=(const DiskLife&) = delete;

  rocksdb::Env* env();
  void wait_for_background();  // returns at once on the background thread itself

  // The image, for one operation.
  template <class Operation>
  auto with(Operation operation) {
    const std::lock_guard lock(mutex_);
    return operation(image_);
  }
  bool lock_file(const std::string& path);
  void unlock_file(const std::string& path);

 private:
  std::mutex mutex_;
  DiskImage image_;
  std::set<std::string> locks_;
  std::unique_ptr<BackgroundThread> backroom_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace mta::sim
