// dkim/fields.h — which header fields a signature covers, and which cannot be signed.
//
// What      The lists of signed and oversigned field names, and a check of one field before libopendkim sees it.
// Units     A field is "Name: value" with inner CRLFs and no final one.
// Promise   What passes the check is canonicalized by libopendkim as every verifier does it, and cannot trip one of its asserts.
// Errors    `fault` answers with a text for people; "" = none.
// Source    RFC 5322 §2.2, §3.6.8; RFC 6376 §3.4.2, §5.4.1; RFC 8058 §4 (List-Unsubscribe-Post must be signed).
// Not here  how oversigning is told to the library (library.h).
#pragma once

#include <string>
#include <string_view>

namespace dkim {

// The name before the colon without trailing white space; empty if there is no colon.
std::string_view field_name(std::string_view field);

bool is_signed(std::string_view name);  // any case
bool is_from(std::string_view name);
bool is_list_field(std::string_view name);  // List-Unsubscribe: a message that has one is oversigned for it too

// Field names whose next instance, were somebody to add one, would break the signature. nullptr at the end.
// `list`: with the unsubscribe fields. They are not in the other list because a mailing list that passes mail on adds its own.
const char** oversigned(bool list);

std::string fault(std::string_view field);

}  // namespace dkim
