#include "tests/sim/world/disk_image.h"

#include <algorithm>

#include "tests/sim/world/dice.h"

namespace mta::sim {

namespace {

constexpr std::size_t page = 4096;

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

FileHandle survivor(const StoredFile& file, Left how, SimDice dice) {
  auto left = std::make_shared<StoredFile>(file);
  const std::size_t unsynced = file.bytes.size() - file.synced;
  const std::size_t choice = how == Left::what_was_synced ? 0 : how == Left::what_was_written ? 9 : dice.below(10);
  if (choice < 4) {
    left->bytes.resize(file.synced);  // nothing of the tail
  } else if (choice < 7) {
    left->bytes.resize(file.synced + dice.below(unsynced + 1));  // torn
  } else if (choice == 7 && unsynced > page) {                   // the length arrived, a page did not
    const std::size_t hole = (file.synced + dice.below(unsynced)) / page * page;
    const std::size_t from = std::max(hole, file.synced);
    const std::size_t to = std::min(hole + page, file.bytes.size());
    std::fill(left->bytes.begin() + static_cast<std::ptrdiff_t>(from), left->bytes.begin() + static_cast<std::ptrdiff_t>(to),
              '\0');
  }
  left->synced = left->bytes.size();
  return left;
}

void change(std::map<std::string, FileHandle>& names, const std::map<std::string, FileHandle>& changes) {
  for (const auto& [path, file] : changes) {
    if (file) {
      names[path] = file;
    } else {
      names.erase(path);
    }
  }
}

}  // namespace

FileHandle DiskImage::find(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : found->second;
}

bool DiskImage::is_directory(const std::string& path) const { return directories_.contains(without_slash(path)); }

std::vector<std::string> DiskImage::children(const std::string& directory) const {
  const std::string inside = without_slash(directory) + "/";
  std::set<std::string> found;
  const auto collect = [&](const std::string& path) {
    if (path.size() > inside.size() && path.starts_with(inside))
      found.insert(path.substr(inside.size(), path.find('/', inside.size()) - inside.size()));
  };
  for (const auto& [path, file] : names_) collect(path);
  for (const auto& path : directories_) collect(path);
  return {found.begin(), found.end()};
}

Fault DiskImage::begin() {
  if (!powered_) return Fault::power;
  ++operations_;
  if (operations_ == lose_from_) left_ = std::make_shared<const DiskImage>(left(lose_how_, lose_seed_));
  if (operations_ == cut_at_) {
    powered_ = false;
    return Fault::power;
  }
  return operations_ == break_at_ ? Fault::broken : Fault::none;
}

void DiskImage::change_names(const std::string& path, std::map<std::string, FileHandle> changes) {
  change(names_, changes);
  changes_.push_back({directory_of(path), std::move(changes)});
}

Fault DiskImage::create(const std::string& path, FileHandle& made) {
  if (const Fault fault = begin(); fault != Fault::none) return fault;
  if (meets_full_disk()) return Fault::no_space;
  made = std::make_shared<StoredFile>();
  change_names(path, {{path, made}});
  return Fault::none;
}

Fault DiskImage::append(StoredFile& file, std::string_view bytes) {
  if (const Fault fault = begin(); fault != Fault::none) return fault;
  const std::uint64_t room = meets_full_disk() ? std::min<std::uint64_t>(free_, bytes.size() / 2) : free_;
  const std::size_t fits = static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size()));
  file.bytes.append(bytes.substr(0, fits));
  free_ -= fits;
  return fits == bytes.size() ? Fault::none : Fault::no_space;
}

Fault DiskImage::reserve(StoredFile& file, std::uint64_t octets) {
  if (const Fault fault = begin(); fault != Fault::none) return fault;
  if (free_ < octets) return Fault::no_space;
  free_ -= octets;
  file.reserved += octets;
  return Fault::none;
}

Fault DiskImage::truncate(StoredFile& file, std::size_t size) {
  if (const Fault fault = begin(); fault != Fault::none) return fault;
  if (size < file.bytes.size()) free_ += file.bytes.size() - size;
  file.bytes.resize(size);
  file.synced = std::min(file.synced, size);
  return Fault::none;
}

Fault DiskImage::sync(StoredFile& file) {
  if (const Fault fault = begin(); fault != Fault::none) return fault;
  ++syncs_;
  if (!lying_) file.synced = file.bytes.size();
  return Fault::none;
}

Fault DiskImage::sync_directory(const std::string& path) {
  if (const Fault fault = begin(); fault != Fault::none) return fault;
  ++syncs_;
  if (lying_) return Fault::none;
  std::deque<Renaming> others;
  for (auto& pending : changes_) {
    if (pending.directory == without_slash(path)) {
      change(durable_names_, pending.names);
    } else {
      others.push_back(std::move(pending));
    }
  }
  changes_ = std::move(others);
  return Fault::none;
}

Fault DiskImage::rename(const std::string& from, const std::string& to) {
  if (const Fault fault = begin(); fault != Fault::none) return fault;
  const auto file = find(from);
  if (!file) return Fault::no_file;
  change_names(to, {{from, nullptr}, {to, file}});
  return Fault::none;
}

Fault DiskImage::link(const std::string& from, const std::string& to) {
  if (const Fault fault = begin(); fault != Fault::none) return fault;
  const auto file = find(from);
  if (!file) return Fault::no_file;
  change_names(to, {{to, file}});
  return Fault::none;
}

Fault DiskImage::remove(const std::string& path) {
  if (const Fault fault = begin(); fault != Fault::none) return fault;
  const auto file = find(path);
  if (!file) return Fault::no_file;
  free_ += file->bytes.size() + file->reserved;
  change_names(path, {{path, nullptr}});
  return Fault::none;
}

void DiskImage::make_directory(const std::string& path) {
  for (std::string at = without_slash(path); !at.empty() && at != "." && at != "/"; at = directory_of(at))
    directories_.insert(at);
}

void DiskImage::remove_directory(const std::string& path) { directories_.erase(without_slash(path)); }

DiskImage DiskImage::after_power_loss(std::uint64_t seed) const { return left_ ? *left_ : left(Left::something, seed); }

DiskImage DiskImage::left(Left how, std::uint64_t seed) const {
  DiskImage left;
  left.directories_ = directories_;
  left.free_ = free_;
  left.operations_ = operations_;
  left.syncs_ = syncs_;
  left.lying_ = lying_;
  auto names = how == Left::what_was_written ? names_ : durable_names_;
  const std::size_t kept = how == Left::something ? SimDice(seed, "names").below(changes_.size() + 1) : 0;
  for (std::size_t at = 0; at < kept; ++at) change(names, changes_[at].names);
  std::map<const StoredFile*, FileHandle> survivors;  // two names of one file stay one file
  unsigned logs = 0;
  for (const auto& [path, file] : names) {
    // Logs by their order, not by their number, which depends on how many files a flush has made.
    const bool torn_log = path.ends_with(".log") && file->synced < file->bytes.size();
    auto& survived = survivors[file.get()];
    if (!survived) survived = survivor(*file, how, SimDice(seed, torn_log ? std::to_string(++logs) : path));
    left.names_[path] = survived;
  }
  left.durable_names_ = left.names_;
  return left;
}

}  // namespace mta::sim
