// conf/provider_limits.h — what one lane may do at a mailbox provider, and how it comes back after a rate limit.
//
// What      The keys of [[provider]] that are limits, in the configuration and in the shipped table alike.
// Units     As units.h; rates and connections are of one lane.
// Promise   A value keeps what it was when its key is absent or wrong.
// Errors    Recorded in the table's faults: also a longest interval below the first.
// Source    conf/example.toml, WARMUP.md §8.
// Not here  names, patterns and domains (load_rules.cpp, load_own_providers.cpp).
#pragma once

#include "conf/config.h"
#include "conf/table.h"

namespace conf {

void read_provider_limits(Table&, Provider&);

}  // namespace conf
