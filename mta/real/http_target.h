// mta/real/http_target.h — the request target of HTTP, both ways.
//
// What      "/v1/queue?domain=a%26b" <-> path and query.
// Units     Octets.
// Promise   Pure. split_target undoes join_target.
// Errors    false: not a target (no leading '/', a broken escape, a NUL).
// Source    RFC 3986 §2.1, §3.4; RFC 9112 §3.2.1.
// Not here  the rest of the request.
#pragma once

#include <string>
#include <string_view>

#include "mta/doors/http.h"

namespace mta::real {

bool split_target(std::string_view target, HttpRequest&);
std::string join_target(const HttpRequest&);

}  // namespace mta::real
