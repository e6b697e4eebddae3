#include <fmt/format.h>

#include <algorithm>

#include "conf/draft.h"
#include "conf/nearest.h"

namespace conf {
namespace {

template <typename Things>
std::vector<std::string> names_of(const Things& things) {
  std::vector<std::string> names;
  for (const auto& thing : things) names.push_back(thing.name);
  return names;
}

struct Known {
  std::string_view noun;
  std::vector<std::string> names;
};

Known known(Named kind, const Config& config) {
  switch (kind) {
    case Named::source: return {"source", names_of(config.sources)};
    case Named::pool: return {"pool", names_of(config.pools)};
    case Named::mail_class: return {"class", names_of(config.classes)};
    case Named::plan: return {"plan", names_of(config.plans)};
    case Named::provider: return {"provider", names_of(config.providers)};
    case Named::user: break;
  }
  std::vector<std::string> users;
  for (const auto& [name, user] : config.users) users.push_back(name);
  return {"user", users};
}

constexpr std::size_t listed_at_most = 8;

void check_reference(const Reference& reference, const Config& config, Faults& faults) {
  const Known kind = known(reference.kind, config);
  if (std::find(kind.names.begin(), kind.names.end(), reference.name) != kind.names.end()) return;
  std::string text = fmt::format("{}: there is no {} \"{}\"", reference.path, kind.noun, reference.name);
  const std::string best = nearest(reference.name, kind.names);
  if (!best.empty() && is_near(reference.name, best)) {
    text += fmt::format(", did you mean \"{}\"?", best);
  } else if (!best.empty() && kind.names.size() <= listed_at_most && reference.kind != Named::user) {
    text += fmt::format(", only {}", listed(kind.names));
  }
  // Users come and go while the daemon runs: a route that waits for one does no harm.
  if (reference.kind == Named::user) return faults.warning(reference.where, text);
  faults.problem(reference.where, text);
}

}  // namespace

void check(Draft& draft) {
  for (const Reference& reference : draft.references) check_reference(reference, draft.config, draft.faults);
}

}  // namespace conf
