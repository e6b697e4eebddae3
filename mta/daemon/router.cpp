#include "mta/daemon/router.h"

#include <fmt/format.h>

#include "mta/route/mx.h"

namespace mta {

awaitable<RouteAnswer> find_route(World world, std::shared_ptr<const Providers> providers, std::string domain) {
  const Exchanges found = co_await find_exchanges(world.resolver, domain, world.dice);
  RouteAnswer answer;
  answer.ttl = std::chrono::ceil<std::chrono::seconds>(world.calendar.scheduling(found.ttl));  // a TTL is real time
  const auto refused = [&](int code, std::string text) {
    answer.outcome = RouteResult::refused;
    answer.code = code;
    answer.text = std::move(text);
  };
  switch (found.outcome) {
    case LookupResult::found: {
      answer.outcome = RouteResult::found;
      const auto best = found.best();
      answer.provider = providers->of_hosts(best).name;
      answer.site = site_key(best);
      break;
    }
    case LookupResult::no_such_domain:
      refused(550, fmt::format("5.1.2 the domain {} does not exist ({})", domain, found.detail));
      break;
    case LookupResult::null_mx: refused(556, fmt::format("5.1.10 the domain {} accepts no mail (null MX)", domain)); break;
    case LookupResult::unusable: {
      const std::string notes = fmt::format("{}", fmt::join(found.notes, "; "));
      refused(550,
              fmt::format("5.4.4 the domain {} has no usable mail exchanger: {}", domain, notes.empty() ? found.detail : notes));
      break;
    }
    case LookupResult::failed:
      answer.outcome = RouteResult::failed;
      answer.text = fmt::format("DNS did not answer for {}: {}", domain, found.detail);
      break;
  }
  co_return answer;
}

}  // namespace mta
