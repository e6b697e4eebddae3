// mta/submit/sasl.h — the octets of AUTH PLAIN and LOGIN.
//
// What      Base64 as RFC 4954 wants it, and what PLAIN packs into it.
// Units     Octets.
// Promise   Pure; any input. Strict: no spaces, right padding.
// Errors    Nothing for what does not decode.
// Source    RFC 4616 (PLAIN), RFC 4954 §4 (a response of "=" is the empty one), RFC 4648 §4.
// Not here  the exchange (server_session_auth.cpp), whether the password is right (credentials.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mta/submit/credentials.h"

namespace mta {

std::optional<std::string> decode_base64(std::string_view);

// "authzid NUL authcid NUL password"; acting for somebody else is not offered: authzid is empty or the user.
std::optional<Login> read_plain(std::string_view decoded);

}  // namespace mta
