// mta/smtp/utf8.h — is this UTF-8?
//
// What      The length of one sequence, and whether a text is made of such.
// Units     Octets.
// Promise   Pure, linear. Over-long forms, surrogates and what is beyond U+10FFFF are no UTF-8.
// Errors    0 and false.
// Source    RFC 3629 §4.
// Not here  which characters are welcome (printable() in reply.h, addresses in address.h).
#pragma once

#include <string_view>

namespace mta::smtp {

std::size_t utf8_length(std::string_view);  // of the sequence at the beginning, 0 when there is none; REQUIRES: not empty
bool is_utf8(std::string_view);

}  // namespace mta::smtp
