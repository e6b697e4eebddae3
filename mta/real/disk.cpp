#include "mta/real/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace mta::real {

namespace {

constexpr std::size_t longest_torn = 1U << 20U;

class FileAppender : public Appender {
 public:
  explicit FileAppender(std::string path) : path_(std::move(path)) {
    if (!open()) throw std::runtime_error("cannot open " + path_ + " to append: " + reason_);
  }
  ~FileAppender() override {
    if (file_ >= 0) ::close(file_);
  }
  FileAppender(const FileAppender&) = delete;
  FileAppender& operator=(const FileAppender&) = delete;

  bool append(std::string_view text) override {
    if (!still_there()) {
      sync();
      if (!open()) return false;
    }
    struct stat before {};
    if (::fstat(file_, &before) != 0) return false;
    if (rotate_at_ > 0 && static_cast<std::uint64_t>(before.st_size) >= rotate_at_ && S_ISREG(before.st_mode) && rotate()) {
      if (!open() || ::fstat(file_, &before) != 0) return false;
    }
    while (!text.empty()) {
      const ssize_t written = ::write(file_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        // No half line stays behind; where even that fails (a pipe), the reader sees a torn line.
        if (S_ISREG(before.st_mode)) [[maybe_unused]]
          const int undone = ::ftruncate(file_, before.st_size);
        return false;
      }
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  bool sync() override {
    struct stat facts {};
    if (::fstat(file_, &facts) != 0) return false;
    if (!S_ISREG(facts.st_mode)) return true;  // a pipe or a terminal: nothing to keep
    if (::fdatasync(file_) != 0) return false;
    if (!name_synced_) name_synced_ = sync_name();
    return name_synced_;
  }

  void rotate_at(std::uint64_t size, unsigned kept) override {
    rotate_at_ = size;
    kept_ = kept;
  }

 private:
  // False: the file stays where it is, and grows.
  bool rotate() {
    if (!sync()) return false;
    const auto numbered = [this](unsigned number) { return path_ + "." + std::to_string(number); };
    for (unsigned number = kept_; number > 1; --number) ::rename(numbered(number - 1).c_str(), numbered(number).c_str());
    return ::rename(path_.c_str(), numbered(1).c_str()) == 0;
  }

  // A pipe with a name would wait here for a reader, and later for that one to read. Our own stdout may be one.
  bool open() {
    const int fresh = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
    if (fresh < 0) return fail(errno == ENXIO ? "it is a pipe or a socket" : std::generic_category().message(errno));
    struct stat facts {};
    const bool pipe = ::fstat(fresh, &facts) == 0 && S_ISFIFO(facts.st_mode) && !path_.starts_with("/dev/");
    if (pipe || ::fcntl(fresh, F_SETFL, O_APPEND) != 0) {
      ::close(fresh);
      return fail(pipe ? "it is a pipe" : std::generic_category().message(errno));
    }
    if (file_ >= 0) ::close(file_);
    file_ = fresh;
    name_synced_ = false;
    return end_torn_line();
  }

  bool fail(const std::string& reason) {
    reason_ = reason;
    return false;
  }

  // What a crash left of a line is cut off: its writer writes it again. Of a file that cannot be read, or has no line end within
  // reach, it is ended instead.
  bool end_torn_line() {
    struct stat facts {};
    if (::fstat(file_, &facts) != 0) return fail(std::generic_category().message(errno));
    if (!S_ISREG(facts.st_mode) || facts.st_size == 0) return true;
    const int reader = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (reader < 0) return true;  // ours to write, not to read: left as it is
    std::string tail(std::min<std::size_t>(longest_torn, static_cast<std::size_t>(facts.st_size)), '\0');
    const off_t from = facts.st_size - static_cast<off_t>(tail.size());
    const bool read = ::pread(reader, tail.data(), tail.size(), from) == static_cast<ssize_t>(tail.size());
    ::close(reader);
    if (!read || tail.back() == '\n') return true;
    const auto last = tail.rfind('\n');
    const bool ended = last == std::string::npos && from > 0
                           ? ::write(file_, "\n", 1) == 1
                           : ::ftruncate(file_, last == std::string::npos ? 0 : from + static_cast<off_t>(last) + 1) == 0;
    return ended || fail(std::generic_category().message(errno));
  }

  bool sync_name() const {
    const auto slash = path_.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path_.substr(0, std::max<std::size_t>(1, slash));
    const int folder = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return false;
    const bool synced = ::fsync(folder) == 0;
    ::close(folder);
    return synced;
  }

  bool still_there() const {
    struct stat at_path {
    }, ours{};
    return ::stat(path_.c_str(), &at_path) == 0 && ::fstat(file_, &ours) == 0 && at_path.st_ino == ours.st_ino &&
           at_path.st_dev == ours.st_dev;
  }

  std::string path_;
  std::string reason_;  // why it could not be opened last
  int file_ = -1;
  bool name_synced_ = false;
  std::uint64_t rotate_at_ = 0;  // 0: never
  unsigned kept_ = 0;
};

}  // namespace

std::uint64_t RealDisk::free_bytes(const std::string& path) {
  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) != 0) return 0;
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

std::unique_ptr<Appender> RealDisk::open_append(const std::string& path) { return std::make_unique<FileAppender>(path); }

}  // namespace mta::real
