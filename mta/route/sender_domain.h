// mta/route/sender_domain.h — to which organisation a From belongs.
//
// What      The domain of a message's From → its organisational domain.
// Units     –
// Promise   Pure. Lower case, as A-labels: "news.example.co.uk" and "example.co.uk" give "example.co.uk".
// Errors    "" for what is no domain name: a From that names none, an address literal.
// Source    publicsuffix.org through libpsl; WARMUP.md §1 (sender ledgers).
// Not here  reading From (mta/submit/from_header.h), the ledger (warmup/sender.h).
#pragma once

#include <string>

namespace mta {

std::string organisational_domain(const std::string& from_domain);

}  // namespace mta
