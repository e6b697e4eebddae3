// mta/submit/signature_tags.h — what a DKIM-Signature field says of itself.
//
// What      The value of one tag of the field: d= (the domain that signs), h= (the fields it covers).
// Units     Lower case, without white space and folding.
// Promise   Pure, any octets.
// Errors    An empty text when the tag is not there.
// Source    RFC 6376 §3.2, §3.5.
// Not here  whether the signature is right; making one (dkim/signer.h).
#pragma once

#include <string>
#include <string_view>

namespace mta {

std::string signature_tag(std::string_view value, char name);

}  // namespace mta
