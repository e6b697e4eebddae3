// mta/real/disk.h — the file system.
//
// What      Free space; files that only grow, and are found again after logrotate moved them away.
// Units     Octets.
// Promise   append() writes all of it or leaves the file as it was (as far as the disk lets it); sync() makes it and the file's name
//           durable. A file that was moved or removed is synced, and created anew at its path before the next append; one that is to
//           rotate is moved by ourselves. A torn last line is ended when a file is opened. No pipe with a name is opened: it would
//           wait for a reader. env() is RocksDB's own.
// Errors    open_append throws std::runtime_error for people; append and sync answer false; free_bytes of a path that cannot be
//           asked is 0.
// Source    DESIGN.md §5; README "See what it does" (file).
// Not here  the store (queue/store.h).
#pragma once

#include "mta/doors/world.h"

namespace mta::real {

class RealDisk : public Disk {
 public:
  rocksdb::Env* env() override { return nullptr; }
  std::uint64_t free_bytes(const std::string& path) override;
  std::unique_ptr<Appender> open_append(const std::string& path) override;
};

}  // namespace mta::real
