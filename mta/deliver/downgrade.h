// mta/deliver/downgrade.h — a message with 8-bit content, for a server that takes none.
//
// What      Encodes 8-bit parts as quoted-printable or base64, whichever is shorter, by GMime.
// Units     Octets, CRLF line ends.
// Promise   What is returned is 7-bit throughout and decodes to the same content; lines are at most 998 octets. Thread-safe.
// Errors    Nothing when the message cannot be made 7-bit: 8-bit header fields, signed parts that must not be touched.
// Source    RFC 6152 §3; RFC 2045 §6; RFC 1847 §2.1 (multipart/signed is left alone).
// Not here  signing again (resign.h), when to convert (fit.h).
#pragma once

#include <optional>
#include <string>

namespace mta {

std::optional<std::string> downgrade(const std::string& message);

}  // namespace mta
