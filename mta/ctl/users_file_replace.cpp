// The file of users on the disk: locked, written beside itself, renamed.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "mta/ctl/users_file.h"

namespace mta::ctl {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw UsersFault(what + " " + path + ": " + std::generic_category().message(errno));
}

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

void write_all(int descriptor, const std::string& content, const std::string& path) {
  for (std::size_t done = 0; done < content.size();) {
    const ssize_t wrote = ::write(descriptor, content.data() + done, content.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) fail("cannot write", path);
    done += static_cast<std::size_t>(wrote);
  }
}

// The daemon may run as another user than the operator who edits: owner and group stay. A new file in a directory of another group, as
// /etc/warmupd is the daemon's, is for that group to read.
void fill(int descriptor, const std::string& content, const struct stat* old, int directory, const std::string& path) {
  mode_t mode = 0600;
  struct stat parent {};
  if (old != nullptr) {
    const bool other = old->st_uid != ::geteuid() || old->st_gid != ::getegid();
    if (other && ::fchown(descriptor, old->st_uid, old->st_gid) != 0) fail("cannot keep the owner of", path);
    mode |= old->st_mode & 0040;
  } else if (::fstat(directory, &parent) == 0 && parent.st_gid != ::getegid() && (parent.st_mode & 0050) == 0050) {
    if (::fchown(descriptor, static_cast<uid_t>(-1), parent.st_gid) == 0) mode = 0640;
  }
  if (::fchmod(descriptor, mode) != 0) fail("cannot set the mode of", path);
  write_all(descriptor, content, path);
  if (::fsync(descriptor) != 0) fail("cannot sync", path);
}

void replace(const std::string& path, const std::string& content, const struct stat* old, int directory) {
  std::string beside = path + ".XXXXXX";
  const Descriptor file(::mkstemp(beside.data()));
  if (file.get() < 0) fail("cannot create a file beside", path);
  try {
    fill(file.get(), content, old, directory, path);
    if (::rename(beside.c_str(), path.c_str()) != 0) fail("cannot replace", path);
  } catch (const UsersFault&) {
    ::unlink(beside.c_str());
    throw;
  }
  if (::fsync(directory) != 0) fail("cannot sync the directory of", path);
}

std::string content_of(const std::string& path, bool exists) {
  if (!exists) return "";
  std::ifstream file(path, std::ios::binary);
  std::ostringstream read;
  read << file.rdbuf();
  if (!file) fail("cannot read", path);
  return read.str();
}

}  // namespace

bool rewrite(const std::string& link, const std::function<std::optional<std::string>(const std::string&)>& change) {
  std::error_code fault;
  const std::string path = std::filesystem::weakly_canonical(link, fault).string();
  if (fault || path.empty()) throw UsersFault("no such folder: " + link);
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) fail("cannot open", parent);
  if (::flock(directory.get(), LOCK_EX) != 0) fail("cannot lock", parent);
  struct stat old {};
  const bool exists = ::stat(path.c_str(), &old) == 0;
  if (!exists && errno != ENOENT) fail("cannot look at", path);
  if (exists && !S_ISREG(old.st_mode)) throw UsersFault(path + " is not a regular file");
  const auto wanted = change(content_of(path, exists));
  if (!wanted) return false;
  replace(path, *wanted, exists ? &old : nullptr, directory.get());
  return true;
}

}  // namespace mta::ctl
