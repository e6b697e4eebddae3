// mta/smtp/offers.h — what a server said it can do.
//
// What      The extensions of an EHLO reply as a value, and those of them that are not to be used.
// Units     SIZE in octets.
// Promise   Unknown keywords and bad parameters are ignored; keywords in any case.
// Errors    None: a reply without keywords offers nothing.
// Source    RFC 5321 §4.1.1.1; 1870 SIZE, 2920 PIPELINING, 3030 CHUNKING, 3207 STARTTLS, 3461 DSN, 4954 AUTH, 6152 8BITMIME, 6531 SMTPUTF8.
// Not here  what to do when something is missing (mta/deliver/fit.h).
#pragma once

#include <cstdint>
#include <optional>

#include "mta/smtp/reply.h"

namespace mta::smtp {

struct Offers {
  bool pipelining = false, eight_bit_mime = false, smtputf8 = false, dsn = false, chunking = false, starttls = false;
  bool auth_plain = false, auth_login = false;
  bool size = false;                        // the SIZE parameter of MAIL is understood
  std::optional<std::uint64_t> size_limit;  // "SIZE 0" and "SIZE" alone give none
  friend bool operator==(const Offers&, const Offers&) = default;
};

// Extensions that are not used with a server although it offers them, because they failed there.
struct LeftOut {
  bool pipelining = false, chunking = false, size = false, eight_bit_mime = false, smtputf8 = false, dsn = false,
       starttls = false;
  LeftOut& operator|=(const LeftOut&);
  friend bool operator==(const LeftOut&, const LeftOut&) = default;
};
Offers without(Offers, const LeftOut&);

Offers parse_offers(const Reply& ehlo);  // the first line is the server's name

}  // namespace mta::smtp
