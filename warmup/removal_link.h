// warmup/removal_link.h — the page on which a listing is ended, out of a refusal's words.
//
// What      The first address of a page in a text that takes removals ("remove", "delist", "unblock" in it), else the first page named.
// Units     –
// Promise   Pure, linear in the text. The address is printable ASCII as it stood there, without the punctuation behind it.
// Errors    "" when the text names no page.
// Source    WARMUP.md §8 (delisting).
// Not here  whether the text is about a listing (conf/responses.toml).
#pragma once

#include <string>
#include <string_view>

namespace warmup {

std::string removal_link(std::string_view text);

}  // namespace warmup
