// mta/real/dns_cache.h — answers while they may be believed.
//
// What      (name, type) -> DnsAnswer until its TTL has run out; the longest unused goes first.
// Units     Seconds of the steady clock, given by the caller.
// Promise   At most `limit` answers. An answer found has the TTL that is left. Failures and answers with TTL 0 are not kept.
// Errors    None.
// Source    RFC 1035 §7.4, RFC 2308 §5.
// Not here  asking (cares_resolver.h).
#pragma once

#include <list>
#include <string>
#include <unordered_map>

#include "mta/doors/world.h"

namespace mta::real {

class DnsCache {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit DnsCache(std::size_t limit) : limit_(limit) {}
  std::optional<DnsAnswer> find(const std::string& key, Time now);
  void put(const std::string& key, const DnsAnswer&, Time now);
  std::size_t size() const { return recent_.size(); }

 private:
  struct CachedAnswer {
    std::string key;
    DnsAnswer answer;
    Time until;
  };
  std::size_t limit_;
  std::list<CachedAnswer> recent_;  // newest first
  std::unordered_map<std::string, std::list<CachedAnswer>::iterator> by_key_;
};

}  // namespace mta::real
