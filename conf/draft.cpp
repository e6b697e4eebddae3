#include "conf/draft.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace conf {
namespace {

constexpr std::streamoff largest_file = 16 << 20;

const char* name_of_kind(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return "a folder";
    case S_IFIFO: return "a pipe";
    case S_IFSOCK: return "a socket";
    case S_IFCHR:
    case S_IFBLK: return "a device";
    default: return "something else";
  }
}

std::string why_not_there(const std::string& path, int error) {
  std::error_code no_link;
  const auto target = std::filesystem::read_symlink(path, no_link);
  if (error == ENOENT && !no_link) return fmt::format("it is a link to {}, which is not there", target.string());
  return std::strerror(error);
}

}  // namespace

std::string read_whole(const std::string& path, std::string& content) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return why_not_there(path, errno);
  if (!S_ISREG(facts.st_mode)) return fmt::format("expected a file, found {}", name_of_kind(facts.st_mode));
  if (facts.st_size > largest_file) return "too large";
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::strerror(errno);
  std::ostringstream read;
  read << file.rdbuf();
  content = read.str();
  return "";
}

void ConfigDraft::refer(Named kind, const std::string& name, const Table& table, const std::string& key) {
  if (!name.empty()) references.push_back({kind, name, table.path(key), table.where(key)});
}

std::string ConfigDraft::resolve(const std::string& path) const {
  if (path.empty() || path.front() == '/') return path;
  return (std::filesystem::path(config.file).parent_path() / path).string();
}

bool ConfigDraft::path(Table& table, const std::string& key, std::string& path) const {
  if (!table.text(key, path)) return false;
  path = resolve(path);
  return true;
}

bool ConfigDraft::read_file(Table& table, const std::string& key, const std::string& path, std::string& content) {
  const std::string reason = read_whole(path, content);
  if (!reason.empty()) table.fault(key, fmt::format("cannot read {}: {}", path, reason));
  return reason.empty();
}

bool ConfigDraft::read_secret(Table& table, const std::string& key, const std::string& path, std::string& content) {
  if (!read_file(table, key, path, content)) return false;
  struct stat facts {};
  const bool exposed = ::stat(path.c_str(), &facts) == 0 && (facts.st_mode & S_IROTH) != 0;
  if (exposed) table.warn(key, fmt::format("{} can be read by everybody on this host; chmod o-rwx it", path));
  return true;
}

}  // namespace conf
