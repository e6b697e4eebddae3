#include "conf/shipped_file.h"

#include <filesystem>

namespace conf {

std::string shipped_file(const std::string& name) {
  const std::string installed = "/usr/share/warmupd/" + name;
  std::error_code ignored;
  return std::filesystem::exists(installed, ignored) ? installed : WARMUPD_SOURCE_DIR "/conf/" + name;
}

}  // namespace conf
