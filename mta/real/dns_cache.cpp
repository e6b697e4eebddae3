#include "mta/real/dns_cache.h"

namespace mta::real {

std::optional<DnsAnswer> DnsCache::find(const std::string& key, Time now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  if (found->second->until <= now) {
    recent_.erase(found->second);
    by_key_.erase(found);
    return std::nullopt;
  }
  recent_.splice(recent_.begin(), recent_, found->second);
  DnsAnswer answer = found->second->answer;
  answer.ttl = std::chrono::ceil<std::chrono::seconds>(found->second->until - now);
  return answer;
}

void DnsCache::put(const std::string& key, const DnsAnswer& answer, Time now) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    recent_.erase(found->second);
    by_key_.erase(found);
  }
  if (answer.rcode == Rcode::failed || answer.ttl.count() <= 0) return;
  recent_.push_front({key, answer, now + answer.ttl});
  by_key_[key] = recent_.begin();
  if (recent_.size() <= limit_) return;
  by_key_.erase(recent_.back().key);
  recent_.pop_back();
}

}  // namespace mta::real
