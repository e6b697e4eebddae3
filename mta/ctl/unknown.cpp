#include "mta/ctl/unknown.h"

#include <fmt/format.h>
#include <sysexits.h>

#include "conf/named_file.h"

namespace mta::ctl {
namespace {

boost::json::object fields_of(const std::string& kind, const std::string& found, const std::string& nearest) {
  return {{"title", "no such " + kind},
          {"unknown", kind},
          {"found", found},
          {"nearest", nearest.empty() ? boost::json::value(nullptr) : boost::json::value(nearest)}};
}

}  // namespace

Exit no_such(const std::string& within, const std::string& kind, const std::string& found, const std::vector<std::string>& known,
             const std::vector<conf::Alias>& aliases) {
  return {EX_USAGE,
          fmt::format("{}{}there is no {} \"{}\"{}", within, within.empty() ? "" : ": ", kind, found,
                      conf::hint(found, known, aliases)),
          fields_of(kind, found, conf::guess(found, known, aliases).name)};
}

void expect_file(const std::string& path) {
  if (path == "-") return;
  const auto fault = conf::named_file_fault(path);
  if (fault) throw Exit(EX_NOINPUT, fault->text, fields_of("file", path, fault->nearest));
}

}  // namespace mta::ctl
