// mta/route/mx.h — where mail for a domain goes, in which order.
//
// What      MX lookup by the book: preference order, implicit MX, null MX, IP-literal targets refused by name, address literals.
// Units     Host names lower case, without trailing dot.
// Promise   *No such domain*, *accepts no mail*, *not known* are kept apart; answers that contradict each other are no proof:
//           then it is not known. Equal preferences are shuffled with the dice given.
// Errors    As values in Exchanges.
// Source    RFC 5321 §5.1, RFC 7505 (null MX), RFC 5321 §4.1.3 (literals).
// Not here  provider patterns (provider.h), addresses that mail is never taken to (target.h), caching (the Resolver caches).
#pragma once

#include <string>
#include <vector>

#include "mta/doors/world.h"

namespace mta {

struct Exchange {
  std::uint16_t preference = 0;
  std::string host;  // or the literal's address, "192.0.2.1"
};

enum class LookupResult { found, no_such_domain, null_mx, unusable, failed };

struct Exchanges {
  // found: `hosts` in order of use. no_such_domain: 5.1.2. null_mx: 5.1.10. unusable: MX records, but none that can be used (5.4.4).
  // failed: DNS did not answer (4.4.3).
  LookupResult outcome = LookupResult::failed;
  std::vector<Exchange> hosts;
  std::vector<std::string> notes;  // "MX 10 of example.com is the IP address 192.0.2.1., not a host name: skipped"
  std::string detail;              // for the reply text: "example.com: SERVFAIL from 127.0.0.1:5353"
  bool implicit = false;
  bool literal = false;
  std::chrono::seconds ttl{0};
  std::vector<std::string> best() const;  // hosts of the lowest preference
};

// `domain`: lower case, ASCII (IDNA applied), or an address literal "[192.0.2.1]", "[IPv6:…]".
awaitable<Exchanges> find_exchanges(Resolver&, std::string domain, Dice&);

enum class IpFamily { ipv4, ipv6 };
struct Addresses {
  std::vector<asio::ip::address> found;  // only of the family asked for
  // failed: whether there is one is not known. ok without addresses: the host has one of the other family. nxdomain: it has none
  // at all, which was proven.
  Rcode rcode = Rcode::ok;
  std::string detail;  // why there is none
};
awaitable<Addresses> find_addresses(Resolver&, std::string host, IpFamily);

// "Bücher.example" → "xn--bcher-kva.example"; lower case; nothing when it is no domain.
std::optional<std::string> ascii_domain(std::string_view domain);

}  // namespace mta
