// mta/smtp/xtext.h — the encoding of ESMTP parameter values that may hold anything.
//
// What      Is this xtext, what does it stand for, and how is a text written as xtext.
// Units     Octets.
// Promise   Pure. decode(encode(x)) == x for printable ASCII; encode gives what any server accepts as a parameter value.
// Errors    decode answers nothing for what is no xtext.
// Source    RFC 3461 §4 (ENVID, ORCPT), RFC 4954 §5 (AUTH=), RFC 6533 §3 (utf-8 address type).
// Not here  which parameter wants xtext (command.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mta::smtp {

bool is_xtext(std::string_view);
std::optional<std::string> decode_xtext(std::string_view);
std::string encode_xtext(std::string_view);

// "addr-type;xtext", as ORCPT carries it. With the address type utf-8 octets above 127 stand for themselves (RFC 6533 §3).
bool is_original_recipient(std::string_view);

}  // namespace mta::smtp
