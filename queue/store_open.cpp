// Opening: the directory, the lock, what was synced against what is there, the format version.
#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/env.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "queue/batch.h"
#include "queue/store_db.h"
#include "queue/tuning.h"

namespace queue {

namespace {

constexpr std::string_view format_key = "format";
constexpr unsigned format_version = 1;
constexpr std::uint64_t most_in_memory = 512U << 20U;
constexpr std::string_view manifest_prefix = "MANIFEST-";

std::string rocksdb_name(Family family) {
  return family == Family::meta ? rocksdb::kDefaultColumnFamilyName : std::string(name(family));
}

constexpr mode_t of_others = 0077;

// Mail is for nobody but us to read: the folder is closed, and what older versions left open in it.
void close_to_others(const std::string& path, mode_t mode) {
  if ((mode & of_others) == 0) return;
  if (::chmod(path.c_str(), mode & 0777U & ~of_others) != 0) {
    throw StoreError(
        fmt::format("spool {} has mode {:04o}, so others on this host can read or change the mail in it, and it cannot be closed "
                    "({}): chmod 700 {}",
                    path, mode & 07777U, std::generic_category().message(errno), path),
        false);
  }
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(path, error)) {
    struct stat facts {};
    if (::lstat(file.path().c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && (facts.st_mode & of_others) != 0)
      ::chmod(file.path().c_str(), facts.st_mode & 0777U & ~of_others);
  }
}

// The real file system only: another Env makes its directories as it likes.
void make_directory(const std::string& path) {
  std::error_code ignored;  // mkdir below has the last word
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  if (::mkdir(path.c_str(), 0700) == 0) return;
  const int cause = errno;
  struct stat facts {};
  if (cause == EEXIST && ::stat(path.c_str(), &facts) == 0) {
    if (S_ISDIR(facts.st_mode)) return close_to_others(path, facts.st_mode);
    throw StoreError(fmt::format("spool {} is not a directory", path), false);
  }
  throw StoreError(fmt::format("spool {} cannot be created: {}", path, std::generic_category().message(cause)), cause == ENOSPC);
}

void check_writable(const std::string& path) {
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0) return;
  throw StoreError(fmt::format("spool {} cannot be written: {}", path, std::generic_category().message(errno)), false);
}

// While another process writes, files come and go under us.
void refuse_second_process(rocksdb::Env& env, const std::string& path) {
  rocksdb::FileLock* lock = nullptr;
  const auto held = env.LockFile(path + "/LOCK", &lock);
  if (!held.ok()) refuse(path, "cannot be locked", held);
  env.UnlockFile(lock);
}

std::string newest_manifest(rocksdb::Env& env, const std::string& path) {
  std::vector<std::string> names;
  env.GetChildren(path, &names);
  std::string newest;
  for (const auto& name : names) {
    const bool newer = name.size() > newest.size() || (name.size() == newest.size() && name > newest);
    if (name.starts_with(manifest_prefix) && newer) newest = name;
  }
  return newest;
}

std::string damage_text(const std::string& path, const LogDamage& damage) {
  return fmt::format(
      "spool {}: {}. {}. Nothing was changed: put the file back when there is a copy of it; or start once with "
      "--accept-damage, which goes on with what is left and shows the loss in status",
      path, damage.text, what_is_lost(damage));
}

StoreError damage_error(const std::string& path, const LogDamage& damage) {
  return StoreError::damage(damage_text(path, damage));
}

// What the files tell by themselves.
LogDamage loss_before_opening(rocksdb::Env& env, const std::string& path, const std::vector<SyncMark>& synced) {
  if (synced.empty()) return {};
  if (auto loss = find_loss(env, path, synced)) {
    if (loss->what.find("Permission denied") == std::string::npos) return {loss->since, std::move(loss->what)};
    throw StoreError(
        fmt::format("spool {}: {}. Nothing is lost: give the files back to the user that runs warmupd: chown -R USER {}", path,
                    loss->what, path),
        false);
  }
  if (env.FileExists(path + "/CURRENT").ok()) return {};
  return {synced.back().at, fmt::format("the file {}/CURRENT is gone", path)};
}

bool may_be_damage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() ||
         (status.IsIOError() && status.ToString().find("No such file") != std::string::npos);
}

}  // namespace

void Store::Db::refuse_unknown_families(const rocksdb::DBOptions& options) const {
  std::vector<std::string> present;
  if (!rocksdb::DB::ListColumnFamilies(options, path, &present).ok()) return;  // a new directory, or Open says it better
  for (const auto& family : present) {
    if (family == rocksdb::kDefaultColumnFamilyName) continue;
    bool known = false;
    for (std::size_t at = 0; at < family_count; ++at) known = known || name(static_cast<Family>(at)) == family;
    if (known) continue;
    throw StoreError(
        fmt::format("spool {} holds rows of a kind that this version does not know ({}): it was written by a newer version", path,
                    family),
        false);
  }
}

// All families at once: RocksDB writes its file of options, and reads it back, after each one that it makes by itself.
rocksdb::Status Store::Db::create_database(const rocksdb::DBOptions& options,
                                           const std::vector<rocksdb::ColumnFamilyDescriptor>& families) {
  static_assert(family_count > 1 && Family::meta == Family{});  // the default family is the first
  rocksdb::DB* opened = nullptr;
  auto status = rocksdb::DB::Open(options, path, {families.front()}, &handles, &opened);
  if (!status.ok()) return status;
  rocks.reset(opened);
  std::vector<rocksdb::ColumnFamilyHandle*> others;
  status = rocks->CreateColumnFamilies({families.begin() + 1, families.end()}, &others);
  handles.insert(handles.end(), others.begin(), others.end());
  if (status.ok()) return status;
  for (auto* handle : handles) rocks->DestroyColumnFamilyHandle(handle);
  handles.clear();
  rocks.reset();
  return status;
}

rocksdb::Status Store::Db::open_database(const rocksdb::DBOptions& options, const StoreOptions& wanted, Access access) {
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t at = 0; at < family_count; ++at) {
    const auto family = static_cast<Family>(at);
    families.emplace_back(rocksdb_name(family), family_options(family, wanted, cache));
  }
  rocksdb::DB* opened = nullptr;
  const bool fresh = access == Access::write && !options.env->FileExists(path + "/CURRENT").ok();
  if (fresh) return create_database(options, families);
  const auto status = access == Access::read ? rocksdb::DB::OpenForReadOnly(options, path, families, &handles, &opened)
                                             : rocksdb::DB::Open(options, path, families, &handles, &opened);
  if (status.ok()) rocks.reset(opened);
  return status;
}

// The operator knows that something is lost: the least that has to be given up for the rest.
void Store::Db::open_damaged(const StoreOptions& wanted, const rocksdb::Status& whole, LogDamage& damage) {
  if (!may_be_damage(whole)) refuse(path, "cannot be opened", whole);
  if (damage.text.empty()) damage.text = fmt::format("the database cannot be read whole: {}", whole.ToString());
  if (!wanted.accept_damage) throw damage_error(path, damage);
  auto options = database_options(wanted);
  options.track_and_verify_wals_in_manifest = false;
  auto status = open_database(options, wanted);
  if (!status.ok()) {  // tables are ahead of the damaged log: what else it holds is taken, with a hole
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
    status = open_database(options, wanted);
  }
  if (!status.ok()) {  // tables are gone: the last state of the database that is whole
    options.best_efforts_recovery = true;
    status = open_database(options, wanted);
  }
  if (!status.ok()) refuse(path, "cannot be opened, even with --accept-damage: restore it, or move the folder away", status);
}

// RocksDB looks for its tables when it opens, not for its blob files.
std::optional<LogDamage> Store::Db::missing_files() const {
  const FilesStay stay(*rocks);
  std::vector<rocksdb::ColumnFamilyMetaData> families;
  rocks->GetAllColumnFamilyMetaData(&families);
  std::size_t missing = 0;
  std::string first;
  for (const auto& family : families) {
    for (const auto& blob : family.blob_files) {
      std::uint64_t octets = 0;
      const auto file = fmt::format("{}/{:06}.blob", path, blob.blob_file_number);
      const auto found = rocks->GetEnv()->GetFileSize(file, &octets);
      if (found.ok() && octets >= blob.blob_file_size) continue;
      if (missing++ == 0) first = fmt::format("{} is {}", file, found.ok() ? "shorter than it was" : "gone");
    }
  }
  if (missing == 0) return std::nullopt;
  const std::string more = missing == 1 ? "" : fmt::format(", and {} more", missing - 1);
  return LogDamage{std::nullopt, fmt::format("the file of message bodies {}{}", first, more)};
}

// What the database, once it is open, has less than was synced.
LogDamage Store::Db::loss_when_open(const std::vector<SyncMark>& synced) const {
  const auto found = rocks->GetLatestSequenceNumber();
  if (synced.empty() || found >= synced.back().sequence) {
    if (auto missing = missing_files()) return *missing;
    return unreadable_rows().value_or(LogDamage{});
  }
  const auto behind = std::find_if(synced.begin(), synced.end(), [&](const SyncMark& mark) { return mark.sequence > found; });
  LogDamage damage{std::nullopt, fmt::format("the database ends at write {}, {} were synced", found, synced.back().sequence)};
  if (behind != synced.begin()) damage.lost_since = std::prev(behind)->at;
  return damage;
}

void Store::Db::check_format() {
  std::string found;
  const auto status = rocks->Get({}, handle(Family::meta), slice(format_key), &found);
  if (status.ok()) {
    if (found == std::to_string(format_version)) return;
    throw StoreError(fmt::format("spool {} has format {}, this version knows {}: it was written by a newer version", path, found,
                                 format_version),
                     false);
  }
  if (!status.IsNotFound()) refuse(path, "the format version cannot be read", status);
  const auto written = rocks->Put({}, handle(Family::meta), slice(format_key), std::to_string(format_version));
  if (!written.ok()) refuse(path, "cannot be written", written);
}

// The sequence first: what is added meanwhile makes the log longer than it says, never shorter.
SyncMark Store::Db::mark_now(Instant now) const {
  SyncMark mark{rocks->GetLatestSequenceNumber(), 0, 0, now};
  std::unique_ptr<rocksdb::LogFile> log;
  if (rocks->GetCurrentWalFile(&log).ok() && log) {
    mark.log = log->LogNumber();
    mark.octets = log->SizeFileBytes();
  }
  return mark;
}

// True: there is little, so the logs are not written into tables now, but kept in memory.
bool Store::Db::make_room(const StoreOptions& wanted) {
  std::uint64_t free = ballast->free();
  if (free >= floor + wanted.ballast_bytes) return false;
  if (ballast->give_up()) free = ballast->free();
  if (free < least_to_open) {
    throw StoreError(
        fmt::format("spool {}: no space left on the device: {} octets are free, {} are needed to open it. Make room on "
                    "that disk; nothing is lost meanwhile",
                    path, free, least_to_open),
        true);
  }
  return true;
}

void Store::Db::open(const StoreOptions& given) {
  rocksdb::Env& base = given.env != nullptr ? *given.env : *rocksdb::Env::Default();
  StoreOptions wanted = given;
  ballast = std::make_shared<Ballast>(base, path, wanted.ballast_bytes);
  floor = wanted.floor_bytes;
  env = careful_env(base, ballast, floor / 2);
  wanted.env = env.get();
  const bool scarce = make_room(wanted);
  if (scarce) wanted.write_buffer_bytes = most_in_memory;
  auto options = database_options(wanted);
  options.avoid_flush_during_recovery = scarce;
  marks = std::make_unique<SyncMarkFile>(base, path);
  const auto synced = marks->read();
  LogDamage damage;
  if (!synced.empty()) {
    refuse_second_process(base, path);
    damage = loss_before_opening(base, path, synced);
    if (!damage.text.empty() && !wanted.accept_damage) throw damage_error(path, damage);
    const auto manifest = newest_manifest(base, path);
    if (!base.FileExists(path + "/CURRENT").ok() && !manifest.empty())
      rocksdb::WriteStringToFile(&base, manifest + "\n", path + "/CURRENT", true);
  }
  refuse_unknown_families(options);
  cache = rocksdb::NewLRUCache(wanted.block_cache_bytes, 2, false, 0.5);
  if (const auto whole = open_database(options, wanted); !whole.ok()) open_damaged(wanted, whole, damage);
  for (std::size_t at = 0; at < family_count; ++at) in_order = in_order && handles[at]->GetID() == at;
  if (damage.text.empty()) damage = loss_when_open(synced);
  if (!damage.text.empty() && !wanted.accept_damage) throw damage_error(path, damage);
  mend(!damage.text.empty());
  check_format();
  if (!damage.text.empty()) {
    const auto noted = rocks->Put({}, handle(Family::meta), slice(damage_key), encode(damage));
    if (!noted.ok()) refuse(path, "cannot be written", noted);
  }
  const auto mark = mark_now(synced.empty() ? Instant{} : synced.back().at);
  if (const auto status = rocks->SyncWAL(); !status.ok()) refuse(path, "cannot be synced", status);
  marks->begin(mark);
  if (!scarce) ballast->make(floor);
}

std::unique_ptr<Store> Store::open_to_read(const std::string& path, const StoreOptions& wanted) {
  rocksdb::Env& env = wanted.env != nullptr ? *wanted.env : *rocksdb::Env::Default();
  auto db = std::make_unique<Db>();
  db->path = path;
  const auto synced = SyncMarkFile(env, path).read();
  db->lost = loss_before_opening(env, path, synced);
  if (!env.FileExists(path + "/CURRENT").ok()) {
    if (!db->lost.text.empty()) throw damage_error(path, db->lost);
    throw StoreError(fmt::format("spool {}: there is no database in it", path), false);
  }
  auto options = database_options(wanted);
  options.track_and_verify_wals_in_manifest = false;
  db->cache = rocksdb::NewLRUCache(wanted.block_cache_bytes, 2, false, 0.5);
  const auto status = db->open_database(options, wanted, Db::Access::read);
  if (!status.ok()) {
    if (!db->lost.text.empty()) throw damage_error(path, db->lost);
    refuse(path, "cannot be read", status);
  }
  if (db->lost.text.empty()) db->lost = db->loss_when_open(synced);
  return std::unique_ptr<Store>(new Store(std::move(db)));
}

std::optional<std::string> Store::loss() const {
  return db_->lost.text.empty() ? std::nullopt : std::optional(damage_text(db_->path, db_->lost));
}

Store::Store(std::unique_ptr<Db> db) : db_(std::move(db)) {}
Store::~Store() = default;

std::unique_ptr<Store> Store::open(const std::string& path, const StoreOptions& options) {
  if (options.env == nullptr) {
    make_directory(path);
    check_writable(path);
  }
  auto db = std::make_unique<Db>();
  db->path = path;
  db->open(options);
  return std::unique_ptr<Store>(new Store(std::move(db)));
}

}  // namespace queue
