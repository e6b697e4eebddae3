// mta/daemon/router.h — finds where the mail of a domain goes.
//
// What      MX lookup → provider and site, or the reply its recipients get.
// Units     –
// Promise   *No such domain*, *accepts no mail* and *unusable MX* are final; *DNS did not answer* is not.
// Errors    As values.
// Source    DESIGN.md §3 (step 4), RFC 5321 §5.1, RFC 7505, RFC 3463 §3.2, §3.5.
// Not here  the lookup (mta/route/mx.h), patterns (mta/route/provider.h), moving rows (mta/scheduler).
#pragma once

#include <memory>

#include "mta/route/provider.h"
#include "mta/scheduler/route_cache.h"

namespace mta {

awaitable<RouteAnswer> find_route(World, std::shared_ptr<const Providers>, std::string domain);

}  // namespace mta
