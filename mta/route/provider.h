// mta/route/provider.h — which mailbox provider a domain belongs to.
//
// What      MX host names → provider name, by the patterns of providers.toml; the registrable domain for the rest.
// Units     Host names lower case, without trailing dot.
// Promise   Pure; thread-safe.
// Errors    None: every set of hosts has an answer.
// Source    conf/providers.toml (a domain's provider), publicsuffix.org through libpsl.
// Not here  asking DNS (mx.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"

namespace mta {

struct ProviderMatch {
  std::string name;  // "google", "other:example.org"
  std::string rule;  // "providers.toml:12 mx *.google.com", "registrable domain of mx1.example.org"
};

class Providers {
 public:
  explicit Providers(std::vector<conf::Provider>);
  ~Providers();
  // `best` are the hosts of the lowest preference; never empty.
  ProviderMatch of_hosts(const std::vector<std::string>& best) const;
  // When DNS cannot answer: by the `domains` of a provider; name "" when none claims it.
  ProviderMatch of_domain(std::string_view domain) const;
  // Limits of a provider; for "other:…" and "*" the defaults of conf::Provider.
  const conf::Provider& limits(std::string_view provider) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> table_;
};

std::string registrable_domain(std::string_view host);  // "mx1.mail.example.co.uk" → "example.co.uk"; itself when unknown
std::string site_key(std::vector<std::string> best);    // sorted, joined with ','

}  // namespace mta
