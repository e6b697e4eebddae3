// conf/provider_words.h — the words by which people call a mailbox provider.
//
// What      From the providers' own tables: their domains, the first label of each ("gmail" of gmail.com is google), and the names in
//           their MX patterns ("microsoft").
// Units     –
// Promise   Pure. A word of several providers leads to the first of them.
// Errors    None.
// Source    conf/providers.toml.
// Not here  which provider a domain has (mta/route/provider.h).
#pragma once

#include "conf/config.h"
#include "conf/nearest.h"

namespace conf {

std::vector<Alias> provider_words(const std::vector<Provider>&);

// One of the configuration's, "other:DOMAIN", or "*", the only lane of a smarthost.
bool is_provider(const Config&, const std::string& name);

}  // namespace conf
