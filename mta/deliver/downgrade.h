// mta/deliver/downgrade.h — a message with 8-bit content, for a server that takes none.
//
// What      Encodes 8-bit content as quoted-printable or base64, whichever is shorter, and 8-bit header fields as encoded words, by GMime.
//           What a part says of its encoding is not believed: text that is called 7bit, or base64, and is not is encoded too. What no
//           encoding is allowed in has a question mark for each 8-bit octet: the text around the parts of a multipart, which is not to be
//           shown, and addresses and ids in the header.
// Units     Octets, CRLF line ends.
// Promise   What is returned decodes to the same parts, is 7-bit and has no line end but CRLF. Thread-safe.
// Errors    Empty when it goes as it is: nothing is 8-bit; parts are signed, and must not be touched; it is broken so that GMime would
//           leave something out; a multipart has text and no part.
// Source    RFC 6152 §3; RFC 2045 §6; RFC 2046 §5.1.1; RFC 2047; RFC 2231; RFC 1847 §2.1 (multipart/signed is left alone).
// Not here  signing again (resign.h), when to convert (fit.h).
#pragma once

#include <optional>
#include <string>

namespace mta {

std::optional<std::string> downgrade(const std::string& message);

}  // namespace mta
