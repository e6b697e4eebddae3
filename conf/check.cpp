#include <fmt/format.h>

#include <algorithm>

#include "conf/draft.h"
#include "conf/provider_words.h"

namespace conf {
namespace {

struct KnownNames {
  std::string_view noun;
  std::vector<std::string> names;
};

KnownNames known(Named kind, const Config& config) {
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

void check_reference(const Reference& reference, const Config& config, Faults& faults) {
  const KnownNames kind = known(reference.kind, config);
  if (std::find(kind.names.begin(), kind.names.end(), reference.name) != kind.names.end()) return;
  std::string text = fmt::format("{}: there is no {} \"{}\"", reference.path, kind.noun, reference.name);
  const bool user = reference.kind == Named::user;  // a list of those who may log in is nobody's business
  if (!user || guess(reference.name, kind.names).near)
    text += hint(reference.name, kind.names,
                 reference.kind == Named::provider ? provider_words(config.providers) : std::vector<Alias>{});
  // Users come and go while the daemon runs: a route that waits for one does no harm.
  if (user) return faults.warning(reference.where, text);
  faults.problem(reference.where, text);
}

}  // namespace

void check(ConfigDraft& draft) {
  for (const Reference& reference : draft.references) check_reference(reference, draft.config, draft.faults);
}

}  // namespace conf
