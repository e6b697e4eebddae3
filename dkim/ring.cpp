#include "dkim/ring.h"

#include <fmt/format.h>

namespace dkim {

void Signer::Ring::add(Key key) {
  if (named(key.name())) throw KeyError(fmt::format("DKIM key {}: configured twice", key.name()));
  by_domain[key.domain].push_back(std::make_shared<const Key>(std::move(key)));
}

std::shared_ptr<const Key> Signer::Ring::named(std::string_view name) const {
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return nullptr;
  const auto keys = by_domain.find(name.substr(0, slash));
  if (keys == by_domain.end()) return nullptr;
  for (const auto& key : keys->second)
    if (key->selector == name.substr(slash + 1)) return key;
  return nullptr;
}

std::vector<std::string_view> split_names(std::string_view keys) {
  std::vector<std::string_view> names;
  while (!keys.empty()) {
    const auto comma = keys.find(',');
    names.push_back(keys.substr(0, comma));
    keys = comma == std::string_view::npos ? "" : keys.substr(comma + 1);
  }
  return names;
}

}  // namespace dkim
