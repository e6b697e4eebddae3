// mta/deliver/downgrade.h — a message with 8-bit content, for a server that takes none.
//
// What      Encodes 8-bit content as quoted-printable or base64, whichever is shorter, and 8-bit header fields as encoded words, by GMime.
//           What a part says of its encoding is not believed: text that is called 7bit and is not is encoded too.
// Units     Octets, CRLF line ends.
// Promise   What is returned decodes to the same content and is 7-bit but for what has no encoding (the text around the parts of a
//           multipart). Thread-safe.
// Errors    Empty when nothing was changed: no 8-bit content that has an encoding, or signed parts, which must not be touched.
// Source    RFC 6152 §3; RFC 2045 §6; RFC 2047; RFC 2231; RFC 1847 §2.1 (multipart/signed is left alone).
// Not here  signing again (resign.h), when to convert (fit.h).
#pragma once

#include <optional>
#include <string>

namespace mta {

std::optional<std::string> downgrade(const std::string& message);

}  // namespace mta
