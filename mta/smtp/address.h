// mta/smtp/address.h — mail addresses as the envelope writes them.
//
// What      Reads the path of MAIL and RCPT, and takes addresses apart: local part, domain, domain or address literal.
// Units     Octets; UTF-8 above 127 (RFC 6531).
// Promise   Pure. An address that was read holds no control character, no space outside quotes and no angle bracket outside quotes, so
//           it may be written into a command, a header or a log as it is. Source routes are dropped.
// Errors    Nothing for what is no path; `wrong` says why in words.
// Source    RFC 5321 §4.1.2 (grammar), §4.1.3 (literals), §4.5.3.1 (64 and 255 octets), Appendix C (source routes); RFC 6531 §3.3.
//           Looser than the RFC in one point: empty atoms ("a..b", "a.") are taken, because docomo and au gave such addresses out.
// Not here  ESMTP parameters (command.h), IDNA (mta/route/mx.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mta::smtp {

inline constexpr std::size_t max_local_part = 64;
inline constexpr std::size_t max_domain = 255;

struct Path {
  std::string address;   // without <> and source route, quoting as received; "" is the null path
  std::size_t used = 0;  // octets of the input, both brackets included
};

// A path at the start of `text`: "<a@b>", "<@relay:a@b>", "<>", "<postmaster>" (no domain: the caller decides).
// On failure `wrong` is a short reason.
std::optional<Path> read_path(std::string_view text, std::string& wrong);

// "a@b" without brackets: is it an address with a domain?
bool is_address(std::string_view);

bool is_domain(std::string_view);   // dot-separated labels; '_' and UTF-8 are taken
bool is_literal(std::string_view);  // "[192.0.2.1]", "[IPv6:2001:db8::1]"
bool is_ascii(std::string_view);

// The parts of an address that was read: behind and before the last '@' (a quoted local part may hold others).
std::string_view domain_of(std::string_view address);         // "" when it has none
std::string_view local_part_of(std::string_view address);     // quoting as it is
bool same_ignoring_case(std::string_view, std::string_view);  // as people ask for an address or an id: ASCII letters without case
std::string lower(std::string_view);                          // ASCII letters only

}  // namespace mta::smtp
