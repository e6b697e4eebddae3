// mta/ctl/unknown.h — the end of warmupctl that an unknown name or a missing file is.
//
// What      Exits that name what was typed and the nearest thing that there is.
// Units     –
// Promise   Exit code 64 for a name, 66 for a file. With --json: `unknown`, `found`, `nearest`.
// Errors    –
// Source    README "See what it does".
// Not here  how near a name is (conf/nearest.h), the daemon's own problems (mta/control/question.h).
#pragma once

#include <string>
#include <vector>

#include "conf/nearest.h"
#include "mta/ctl/outside.h"

namespace mta::ctl {

// "WITHIN: there is no KIND "FOUND", did you mean …"; `within` is the verb, "" for none.
Exit no_such(const std::string& within, const std::string& kind, const std::string& found, const std::vector<std::string>& known,
             const std::vector<conf::Alias>& aliases = {});

// Throws when a file that was named cannot be read; "-" is standard input and always there.
void expect_file(const std::string& path);

}  // namespace mta::ctl
