// tests/sim/world/disk_image.h — files in memory that know which of their octets would survive a power loss.
//
// What      A file system: names, files, what was synced of each file and of each directory. Faults: the nth operation, no space.
// Units     Octets. Operations are what changes something: create, append, truncate, sync, rename, remove, directory sync.
// Promise   after_power_loss() is one of the states that a journalling file system may leave: of each file what was synced and,
//           by seed, nothing, a part or all of the rest, perhaps with a page missing; changes of names that no fsync of their
//           directory made durable are kept up to some point in their order, later ones never happened.
// Errors    Fault, as a value.
// Source    DESIGN.md §6.1.
// Not here  RocksDB's view of it (disk_env.h), locks.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mta::sim {

// What there is after an end: a loss of power keeps what was synced, and by seed something of the rest; where only the process ends, all stays.
enum class Left { what_was_synced, something, what_was_written };

enum class Fault { none, power, broken, no_space, no_file };

struct StoredFile {
  std::string bytes;
  std::size_t synced = 0;      // octets from the front that survive
  std::uint64_t reserved = 0;  // allocated without being written
};
using FileHandle = std::shared_ptr<StoredFile>;

class DiskImage {
 public:
  FileHandle find(const std::string& path) const;  // nothing: no such file
  bool is_directory(const std::string& path) const;
  std::vector<std::string> children(const std::string& directory) const;
  bool powered() const { return powered_; }

  Fault create(const std::string& path, FileHandle& made);  // empty; replaces what has that name
  Fault append(StoredFile&, std::string_view);              // no space: what fits is written
  Fault truncate(StoredFile&, std::size_t size);
  Fault reserve(StoredFile&, std::uint64_t octets);
  Fault sync(StoredFile&);
  Fault sync_directory(const std::string& path);
  Fault rename(const std::string& from, const std::string& to);
  Fault link(const std::string& from, const std::string& to);
  Fault remove(const std::string& path);
  void make_directory(const std::string& path);  // durable at once: nobody syncs the parent, and no test is about that
  void remove_directory(const std::string& path);

  void cut_power() { powered_ = false; }
  void cut_power_at(std::uint64_t nth) {
    cut_at_ = operations_ + nth;
  }  // the nth operation from now does not happen, nor any later
  // What the nth operation from now and all behind it do is lost: after_power_loss() is what was left before it. Nothing fails, so a
  // program that ends itself at a failure of its disk is met in the middle of a step, too.
  void lose_from(std::uint64_t nth, std::uint64_t seed, Left how) {
    lose_from_ = operations_ + nth, lose_seed_ = seed, lose_how_ = how;
  }
  bool losing() const { return left_ != nullptr; }
  void break_at(std::uint64_t nth) { break_at_ = operations_ + nth; }  // the nth operation from now fails, once
  void no_space_at(std::uint64_t nth, std::uint64_t more) { full_from_ = operations_ + nth, full_to_ = full_from_ + more; }
  void lie_about_syncs(bool lie) { lying_ = lie; }
  void set_free(std::uint64_t octets) { free_ = octets; }
  std::uint64_t free() const { return free_; }
  std::uint64_t operations() const { return operations_; }
  std::uint64_t syncs() const { return syncs_; }

  DiskImage after_power_loss(std::uint64_t seed) const;

 private:
  struct Renaming {  // names that change together; a file of nullptr: the name goes
    std::string directory;
    std::map<std::string, FileHandle> names;
  };
  Fault begin();  // counts an operation
  DiskImage left(Left, std::uint64_t seed) const;
  bool meets_full_disk() const { return operations_ >= full_from_ && operations_ <= full_to_ && full_from_ != 0; }
  void change_names(const std::string& path, std::map<std::string, FileHandle> changes);

  std::set<std::string> directories_;
  std::map<std::string, FileHandle> names_;          // what programs see
  std::map<std::string, FileHandle> durable_names_;  // what a power loss leaves at least
  std::deque<Renaming> changes_;                     // from the one to the other, in order
  std::uint64_t free_ = 1ULL << 40U;
  std::uint64_t operations_ = 0, syncs_ = 0;
  std::uint64_t cut_at_ = 0, break_at_ = 0;    // 0: never
  std::uint64_t full_from_ = 0, full_to_ = 0;  // likewise
  std::uint64_t lose_from_ = 0, lose_seed_ = 0;
  Left lose_how_ = Left::something;
  std::shared_ptr<const DiskImage>
      left_;  // by the time everything is lost; shared by copies of an image, none of which changes it
  bool powered_ = true;
  bool lying_ = false;
};

}  // namespace mta::sim
