#include "mta/real/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace mta::real {

namespace {

class FileAppender : public Appender {
 public:
  explicit FileAppender(std::string path) : path_(std::move(path)) {
    if (!open()) throw std::runtime_error("cannot open " + path_ + " to append: " + std::generic_category().message(errno));
  }
  ~FileAppender() override {
    if (file_ >= 0) ::close(file_);
  }
  FileAppender(const FileAppender&) = delete;
  FileAppender& operator=(const FileAppender&) = delete;

  bool append(std::string_view text) override {
    if (!still_there() && !open()) return false;
    struct stat before {};
    if (::fstat(file_, &before) != 0) return false;
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

 private:
  bool open() {
    const int fresh = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fresh < 0) return false;
    if (file_ >= 0) ::close(file_);
    file_ = fresh;
    return true;
  }

  bool still_there() const {
    struct stat at_path {
    }, ours{};
    return ::stat(path_.c_str(), &at_path) == 0 && ::fstat(file_, &ours) == 0 && at_path.st_ino == ours.st_ino &&
           at_path.st_dev == ours.st_dev;
  }

  std::string path_;
  int file_ = -1;
};

}  // namespace

std::uint64_t RealDisk::free_bytes(const std::string& path) {
  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) != 0) return 0;
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

std::unique_ptr<Appender> RealDisk::open_append(const std::string& path) { return std::make_unique<FileAppender>(path); }

}  // namespace mta::real
