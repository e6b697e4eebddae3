// conf/shipped_file.h — where a file lies that comes with the program.
//
// What      The path of a file of rules or models by its name in the package, "providers.toml" or "receivers/small-site.toml".
// Units     –
// Promise   What is installed, else what lies in the source tree, so that a build that was not installed works.
// Errors    None: a path is answered whether or not the file is there.
// Source    packaging/install.cmake.
// Not here  reading it (load.h).
#pragma once

#include <string>

namespace conf {

std::string shipped_file(const std::string& name);

}  // namespace conf
