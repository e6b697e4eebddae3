// mta/deliver/verdict_fallback.h — what a reply means when no rule knows its words.
//
// What      The enhanced status code, then the reply code → Verdict.
// Units     –
// Promise   Pure. Every code has an answer; the code of a 4xx alone never means that an address is dead.
// Errors    None.
// Source    RFC 3463 §3, RFC 5248 and the IANA registry of enhanced codes, RFC 7372 (5.7.20–26), RFC 5321 §4.2.3.
// Not here  words (conf/responses.toml).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mta/deliver/verdict.h"

namespace mta {

std::optional<Verdict> verdict_of_enhanced(int code, std::string_view enhanced, smtp::Stage);
Verdict verdict_of_code(int code, smtp::Stage);

// The enhanced code of a reply: the one it began with, else one inside its text, "(#5.1.1)", whose class is that of the code.
std::string enhanced_of(const smtp::Reply&, std::string_view text);

}  // namespace mta
