// tests/sim/world/disk.h — the disk of the simulated world: it remembers what was synced and can lose the rest.
//
// What      mta::Disk over memory, in lives: each crash ends one and begins the next with what survived. RocksDB runs on env().
// Units     Octets; operations as disk_image.h counts them.
// Promise   After crash() every handle, store and environment of the life before is refused and changes nothing, so the program
//           that used it can be destroyed afterwards, in any order. Locks end with their life. Flushes and compactions run on
//           one thread while the writer waits: as long as no memtable fills up, the same calls give the same operations in the
//           same order. (When one is full depends a little on RocksDB's own dice; give the store write buffers larger than what
//           a scenario writes.)
// Errors    Faults come back through RocksDB as the real ones would; append() answers false.
// Source    DESIGN.md §6.1.
// Not here  the files themselves (disk_image.h), RocksDB's interfaces (disk_env.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mta/doors/world.h"

namespace mta::sim {

class DiskLife;
enum class Left;

class SimDisk : public Disk {
 public:
  explicit SimDisk(std::uint64_t seed);
  ~SimDisk() override;
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  rocksdb::Env* env() override;  // of the present life; valid as long as the SimDisk, useless after crash()
  std::uint64_t free_bytes(const std::string& path) override;
  std::unique_ptr<Appender> open_append(const std::string& path) override;

  // Power fails now (or failed already, at an operation), and comes back: what survived is there.
  void crash();
  void crash_at_operation(std::uint64_t nth);  // power fails when the nth operation from now begins; crash() brings it back
  bool powered() const;                        // false: such an operation was reached

  // The program ends at the nth operation from now: nothing from there on is left at crash(). It notices nothing until then, so the test
  // crashes it as soon as losing() says so.
  void lose_from_operation(std::uint64_t nth, Left how);
  bool losing() const;

  void fail_operation(std::uint64_t nth);  // the nth from now, once, with an I/O error
  void set_free_bytes(std::uint64_t);      // until used up or set again
  // Negative control for tests: from now on syncs report success and hold nothing.
  void lie_about_syncs(bool);

  std::uint64_t operations() const;
  std::uint64_t syncs() const;
  // What no program wrote: damage. The file is durable as it is left.
  void edit(const std::string& path, const std::function<void(std::string&)>& change);
  // The nth operation from now, and `more` behind it, find no space.
  void no_space_at(std::uint64_t nth, std::uint64_t more = 0);
  std::string contents(const std::string& path) const;  // as a program would read it; "" when there is none
  std::vector<std::string> files(const std::string& directory) const;

 private:
  DiskLife& life() const { return *lives_.back(); }

  std::uint64_t seed_;
  std::vector<std::shared_ptr<DiskLife>> lives_;  // shared with appenders, which may outlive the SimDisk's interest in them
};

}  // namespace mta::sim
