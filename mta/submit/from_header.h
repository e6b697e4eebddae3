// mta/submit/from_header.h — whose mail this claims to be.
//
// What      The domains of the From header.
// Units     Domains in lower case, U-labels as A-labels.
// Promise   Pure, thread-safe, any octets. `clear` only when every '@' outside quotes and comments belongs to one of the domains: what a
//           permission is decided on can then not be read as another address by somebody else's parser.
// Errors    No domains when there is no address in it, when a quoted string or comment never ends, or when it is absurdly long.
// Source    RFC 5322 §3.4, §3.6.2; RFC 6532 (UTF-8); GMime reads it.
// Not here  who may use which domain (intake.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mta {

inline constexpr std::size_t max_from_header = 16U << 10U;

struct FromHeader {
  std::vector<std::string> domains;  // in order; one a mailbox
  bool clear = false;
};

FromHeader read_from(std::string_view value);

}  // namespace mta
