// conf/named_file.h — a file that somebody named on a command line.
//
// What      Why it cannot be read, and the file beside it whose name is nearest.
// Units     –
// Promise   Reads nothing but whether the file opens, and the names in its folder. The folder is read only when the file is not there.
// Errors    None: the fault is the answer; empty when the file can be read.
// Source    README "See what it does": exit code 66.
// Not here  files that a configuration names (draft.h).
#pragma once

#include <optional>
#include <string>

namespace conf {

struct NamedFileFault {
  std::string text;     // "/etc/warmupd/warmpud.toml: No such file or directory, did you mean …"
  std::string nearest;  // a path; "" when none is near
};
std::optional<NamedFileFault> named_file_fault(const std::string& path);

}  // namespace conf
