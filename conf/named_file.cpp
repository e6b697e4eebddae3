#include "conf/named_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "conf/nearest.h"

namespace conf {
namespace {

constexpr std::size_t looked_at_most = 1000;

std::string nearest_file(const std::filesystem::path& path) {
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  std::vector<std::string> names;
  std::error_code fault;
  for (std::filesystem::directory_iterator at(folder, fault), end; !fault && at != end && names.size() < looked_at_most;
       at.increment(fault)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) names.push_back(at->path().filename().string());
  }
  const Guess best = guess(path.filename().string(), names);
  return best.near ? (path.parent_path() / best.name).string() : "";
}

}  // namespace

std::optional<NamedFileFault> named_file_fault(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    const int why = errno;
    const std::string near = why == ENOENT ? nearest_file(path) : "";
    return NamedFileFault{
        fmt::format("{}: {}{}", path, std::strerror(why), near.empty() ? "" : fmt::format(", did you mean \"{}\"?", near)), near};
  }
  if (S_ISDIR(facts.st_mode)) return NamedFileFault{path + ": this is a folder, expected a file", ""};
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe would wait for a writer
  if (file < 0) return NamedFileFault{fmt::format("{}: {}", path, std::strerror(errno)), ""};
  ::close(file);
  return std::nullopt;
}

}  // namespace conf
