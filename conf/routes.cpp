#include "conf/routes.h"

#include <algorithm>

namespace conf {

namespace {
bool matches(std::string_view wanted, std::string_view found) {
  if (wanted.empty()) return true;
  if (wanted.starts_with("*.")) return found.size() > wanted.size() - 1 && found.ends_with(wanted.substr(1));
  return wanted == found;
}

// All conditions of a route but the From domain.
bool fits(const Route& route, const RoutedBy& mail) {
  return matches(route.to_domain, mail.to_domain) && (route.mail_class.empty() || route.mail_class == mail.mail_class) &&
         (route.user.empty() || route.user == mail.user);
}
}  // namespace

std::string pool_for(const Config& config, const RoutedBy& mail) {
  const auto found = std::ranges::find_if(
      config.routes, [&](const Route& route) { return fits(route, mail) && matches(route.from_domain, mail.from_domain); });
  return found == config.routes.end() ? "default" : found->pool;
}

bool hangs_on_from(const Config& config, const RoutedBy& mail) {
  const auto found = std::ranges::find_if(config.routes, [&](const Route& route) { return fits(route, mail); });
  return found != config.routes.end() && !found->from_domain.empty();
}

}  // namespace conf
