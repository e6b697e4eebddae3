// mta/scheduler/route_cache.h — where the mail of a domain goes, as last found out.
//
// What      Domain → provider and site, for as long as DNS said; bounded.
// Units     Entries; instants of scheduling time, as the TTL given is.
// Promise   At most `room` entries; a fresh answer replaces an old one.
// Errors    None.
// Source    DESIGN.md §3 (step 4).
// Not here  the look-up (mta/daemon/router.h).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "mta/doors/world.h"

namespace mta {

enum class RouteResult { found, refused, failed };

struct RouteAnswer {
  RouteResult outcome = RouteResult::failed;
  std::string provider, site;  // found
  std::chrono::seconds ttl{0};
  // refused: the domain cannot get mail; the reply its recipients' bounces carry. failed: why it is not known.
  int code = 0;
  std::string text;
};

class RouteCache {
 public:
  explicit RouteCache(std::size_t room) : room_(room) {}
  const RouteAnswer* fresh(const std::string& domain, Instant now) const {
    const auto found = routes_.find(domain);
    return found != routes_.end() && now < found->second.until ? &found->second.reply : nullptr;
  }
  const RouteAnswer* last_known(const std::string& domain) const {
    const auto found = routes_.find(domain);
    return found != routes_.end() ? &found->second.reply : nullptr;
  }
  void put(const std::string& domain, RouteAnswer reply, Instant now) {
    if (routes_.size() >= room_ && !routes_.contains(domain)) routes_.clear();  // rare, and refilled by use
    const auto until = now + std::max<Duration>(std::chrono::seconds(5), reply.ttl);
    routes_[domain] = {std::move(reply), until};
  }
  void drop(const std::string& domain) { routes_.erase(domain); }
  void clear() { routes_.clear(); }

 private:
  struct KnownRoute {
    RouteAnswer reply;
    Instant until;
  };
  std::size_t room_;
  std::map<std::string, KnownRoute> routes_;
};

}  // namespace mta
