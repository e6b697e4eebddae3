// mta/ctl/program.h — warmupctl as a function.
//
// What      Command line in, exit code out.
// Units     –
// Promise   Every end has an exit code that README lists; errors are one text for people on standard error.
// Errors    None leaves.
// Source    README "See what it does".
// Not here  the real outside (mta/warmupctl.cpp), verbs (verbs.h).
#pragma once

#include <string>
#include <vector>

#include "mta/ctl/outside.h"

namespace mta::ctl {

int run(const std::vector<std::string>& words, Outside&);  // words without the program's name

}  // namespace mta::ctl
