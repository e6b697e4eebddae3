// mta/real/host.h — what this machine calls itself.
//
// What      The fully qualified host name, for configurations that name none; which addresses are its own.
// Units     –
// Promise   Never empty; lower case.
// Errors    Without any name: "localhost".
// Source    contract "Configuration" (hostname).
// Not here  EHLO names of sources (conf).
#pragma once

#include <string>

namespace mta::real {

std::string fully_qualified_host_name();

// Can a socket be bound to it? Only an address of this host can ("" is any).
bool has_address(const std::string& address);

}  // namespace mta::real
