// mta/route/target.h — addresses that mail is never taken to.
//
// What      A pure judgement: may a connection be made to this address and port, which a stranger's DNS named?
// Units     –
// Promise   An IPv4 address within an IPv6 one (mapped, or translated by NAT64) is judged as the IPv4 address.
// Errors    None: every address has an answer.
// Source    RFC 6890, RFC 5735 §3 (0/8, 169.254/16, 240/4), RFC 5771 and RFC 4291 §2.7 (multicast), RFC 4291 §2.5.5.1 (::/96),
//           RFC 1918, 6598, 4193 (private networks), RFC 6052 (NAT64).
// Not here  names (host_name.h), finding addresses (mx.h).
#pragma once

#include <string>
#include <vector>

#include "conf/config.h"
#include "mta/doors/world.h"

namespace mta {

struct TargetRules {
  bool loopback = false;         // delivery.allow_loopback
  bool private_networks = true;  // delivery.private_networks
  bool by_operator = false;      // a smarthost: all may be named but this server itself
  std::vector<Endpoint> ours;    // where this server listens itself
};

TargetRules target_rules(const conf::Config&);

// Why no connection is made there, as the end of "…, which "; empty when one may be.
std::string why_never(const Endpoint& target, const TargetRules&);

}  // namespace mta
