#include "queue/sync_mark.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <charconv>

#include "queue/log_check.h"

namespace queue {

namespace {

constexpr std::size_t most_octets = 256U << 10U;
constexpr std::size_t most_kept = 1000;

std::string path_of(const std::string& spool, std::string_view file) { return fmt::format("{}/{}", spool, file); }
std::string log_name(std::uint64_t number) { return fmt::format("{:06}.log", number); }

std::uint32_t checksum(std::string_view text) {
  boost::crc_32_type sum;
  sum.process_bytes(text.data(), text.size());
  return sum.checksum();
}

// The next number of the line; the rest stays.
template <class Number>
bool take(std::string_view& rest, Number& number, int base = 10) {
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), number, base);
  if (read.ec != std::errc()) return false;
  rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
  if (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  return true;
}

// What is left of each log that the marks speak of.
class Logs {
 public:
  Logs(rocksdb::Env& env, std::string spool, const std::vector<SyncMark>& marks) : env_(env), spool_(std::move(spool)) {
    for (const auto& mark : marks) wanted_[mark.log] = std::max(wanted_[mark.log], mark.octets);
    std::vector<std::string> names;
    env_.GetChildren(spool_, &names);
    for (const auto& name : names) {
      std::uint64_t number = 0;
      const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
      if (read.ec == std::errc() && std::string_view(read.ptr) == ".log") newest_ = std::max(newest_, number);
    }
    for (const auto& [number, octets] : wanted_) look(number, octets);
  }

  bool has(const SyncMark& mark) const { return mark.octets <= whole_.at(mark.log); }
  std::string what(std::uint64_t log) const { return said_.at(log); }

 private:
  void look(std::uint64_t number, std::uint64_t octets) {
    const auto path = path_of(spool_, log_name(number));
    std::uint64_t& whole = whole_[number];
    if (!env_.FileExists(path).ok()) {
      // A log goes when all of it is in tables, and only when a newer one is written. The manifest knows those it still needs.
      whole = newest_ > number ? UINT64_MAX : 0;
      said_[number] = fmt::format("the write-ahead log {} is gone", path);
      return;
    }
    std::string log;
    const auto read = rocksdb::ReadFileToString(&env_, path, &log);
    if (!read.ok()) {
      said_[number] = fmt::format("the write-ahead log {} cannot be read: {}", path, read.ToString());
      return;
    }
    whole = log.size();
    said_[number] = fmt::format("the write-ahead log {} has {} octets, {} were synced", path, log.size(), octets);
    if (const auto damage = first_damage(std::string_view(log).substr(0, octets))) {
      whole = *damage;
      said_[number] = fmt::format("the write-ahead log {} is damaged at octet {}", path, *damage);
    }
  }

  rocksdb::Env& env_;
  std::string spool_;
  std::uint64_t newest_ = 0;
  std::map<std::uint64_t, std::uint64_t> wanted_, whole_;  // octets by log
  std::map<std::uint64_t, std::string> said_;
};

}  // namespace

std::string SyncMark::line() const {
  const std::string text = fmt::format("{} {} {} {}", sequence, log, octets, at.time_since_epoch().count());
  return fmt::format("{} {:08x}\n", text, checksum(text));
}

std::optional<SyncMark> SyncMark::parse(std::string_view line) {
  const auto last = line.rfind(' ');
  if (last == std::string_view::npos) return std::nullopt;
  SyncMark mark;
  std::string_view rest = line.substr(0, last), sum_text = line.substr(last + 1);
  std::uint32_t sum = 0;
  if (!take(sum_text, sum, 16) || !sum_text.empty() || sum != checksum(rest)) return std::nullopt;
  std::int64_t at = 0;
  if (!take(rest, mark.sequence) || !take(rest, mark.log) || !take(rest, mark.octets) || !take(rest, at) || !rest.empty())
    return std::nullopt;
  mark.at = Instant(Duration(at));
  return mark;
}

std::optional<LogLoss> find_loss(rocksdb::Env& env, const std::string& spool, const std::vector<SyncMark>& marks) {
  if (marks.empty()) return std::nullopt;
  const Logs logs(env, spool, marks);
  std::optional<Instant> since, first;
  for (const auto& mark : marks) {
    if (!first && mark.at != Instant{}) first = mark.at;
  }
  for (const auto& mark : marks) {
    if (!logs.has(mark)) return LogLoss{since ? since : first, logs.what(mark.log)};
    if (mark.at != Instant{}) since = mark.at;
  }
  return std::nullopt;
}

std::vector<SyncMark> SyncMarkFile::read() const {
  std::string text;
  std::vector<SyncMark> marks;
  if (!rocksdb::ReadFileToString(&env_, path_of(spool_, "synced"), &text).ok()) return marks;
  std::string_view rest = text;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    if (const auto mark = SyncMark::parse(rest.substr(0, end))) marks.push_back(*mark);
    rest.remove_prefix(end + 1);
  }
  return marks;
}

void SyncMarkFile::begin(const SyncMark& mark) {
  kept_ = {mark};
  rewrite();
}

// Written beside the old one and put in its place: there is a whole file at every instant.
void SyncMarkFile::rewrite() {
  const auto path = path_of(spool_, "synced"), fresh = path_of(spool_, "synced.new");
  std::string text;
  for (const auto& mark : kept_) text += mark.line();
  std::unique_ptr<rocksdb::WritableFile> made;
  std::unique_ptr<rocksdb::Directory> folder;
  const bool written = env_.NewWritableFile(fresh, &made, {}).ok() && made->Append(text).ok() && made->Sync().ok() &&
                       env_.RenameFile(fresh, path).ok() && env_.NewDirectory(spool_, &folder).ok() && folder->Fsync().ok();
  octets_ = text.size();
  if (!written) return;  // the old file stays, and lines are added to it
  file_ = std::move(made);
  unsynced_ = false;
}

void SyncMarkFile::add(SyncMark mark) {
  if (mark.at == Instant{} && !kept_.empty()) mark.at = kept_.back().at;
  if (kept_.size() > 1 && mark.at < kept_[kept_.size() - 2].at + std::chrono::seconds(1)) kept_.pop_back();
  kept_.push_back(mark);
  if (kept_.size() > most_kept) {  // every other one goes, but not the first and the last
    std::size_t at = 0;
    std::erase_if(kept_, [&at, last = kept_.size() - 1](const SyncMark&) { return at++ % 2 == 1 && at - 1 != last; });
  }
  if (octets_ > most_octets) rewrite();
  if (!file_) return;
  const std::string line = mark.line();
  if (file_->Append(line).ok()) unsynced_ = true;
  octets_ += line.size();
}

void SyncMarkFile::sync() {
  if (!file_ || !unsynced_) return;
  if (file_->Sync().ok()) unsynced_ = false;
}

}  // namespace queue
