#include <fmt/format.h>

#include <algorithm>

#include "conf/draft.h"

namespace conf {
namespace {

void load_pool(Table& table, ConfigDraft& draft) {
  Pool pool;
  pool.where = table.where();
  if (table.need("name", "\"default\"") && table.text("name", pool.name, own_name))
    unique_name(draft.config.pools, table, pool.name);
  const bool listed = table.need("sources", "[\"ip-1\"]") && table.texts("sources", pool.sources, own_name);
  if (listed && pool.sources.empty()) table.misfit("sources", "at least one source");
  for (std::size_t i = 0; i < pool.sources.size(); ++i) {
    const std::string& name = pool.sources[i];
    const Where where = table.element("sources", i);
    draft.references.push_back({Named::source, name, table.path("sources"), where});
    const auto end = pool.sources.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(pool.sources.begin(), end, name) != end)
      draft.faults.problem(where, fmt::format("pool.sources: \"{}\" is named twice", name));
  }
  table.text_or_none("overflow", pool.overflow, own_name);
  draft.refer(Named::source, pool.overflow, table, "overflow");
  if (pool.has(pool.overflow)) table.fault("overflow", fmt::format("\"{}\" is one of the pool's own sources", pool.overflow));
  table.finish();
  draft.config.pools.push_back(std::move(pool));
}

void load_route(Table& table, ConfigDraft& draft) {
  Route route;
  route.where = table.where();
  if (table.text_or_none("from_domain", route.from_domain, host_name)) route.from_domain = lower(route.from_domain);
  if (table.text_or_none("to_domain", route.to_domain, domain_pattern)) route.to_domain = lower(route.to_domain);
  table.text_or_none("class", route.mail_class, own_name);
  draft.refer(Named::mail_class, route.mail_class, table, "class");
  table.text("user", route.user);
  draft.refer(Named::user, route.user, table, "user");
  table.text("pool", route.pool, own_name);
  draft.refer(Named::pool, route.pool, table, "pool");
  table.yes_no("keep_sender", route.keep_sender);
  table.finish();
  const auto takes_all = [](const Route& r) {
    return r.from_domain.empty() && r.to_domain.empty() && r.mail_class.empty() && r.user.empty();
  };
  for (const Route& other : draft.config.routes) {
    if (!takes_all(other)) continue;
    draft.faults.warning(route.where, fmt::format("route: never used, the route at {} takes everything", other.where.text()));
    break;
  }
  draft.config.routes.push_back(std::move(route));
}

// Without any [[pool]]: every source that delivers by MX, in order; only smarthosts when there is nothing else.
Pool all_sources(const Config& config) {
  Pool pool;
  pool.where = Where{config.file, 1};
  pool.name = "default";
  for (const Source& source : config.sources) {
    if (!source.is_smarthost()) pool.sources.push_back(source.name);
  }
  if (!pool.sources.empty()) return pool;
  for (const Source& source : config.sources) pool.sources.push_back(source.name);
  return pool;
}

void check_membership(const Config& config, Faults& faults) {
  for (const Source& source : config.sources) {
    const bool used =
        std::any_of(config.pools.begin(), config.pools.end(), [&](const Pool& pool) { return pool.may_use(source.name); });
    if (!used && !source.name.empty())
      faults.warning(source.where, fmt::format("source \"{}\" is in no pool, so no mail leaves by it", source.name));
  }
}

}  // namespace

void load_pools(Table& top, ConfigDraft& draft) {
  for (Table& table : top.tables("pool")) load_pool(table, draft);
  if (!top.given("pool")) {
    draft.config.pools.push_back(all_sources(draft.config));
  } else {
    if (draft.config.pool("default") == nullptr) {
      top.fault("pool", "there is no pool \"default\"; mail that no route sends elsewhere uses it");
    }
    check_membership(draft.config, draft.faults);
  }
  for (Table& table : top.tables("route")) load_route(table, draft);
}

}  // namespace conf
