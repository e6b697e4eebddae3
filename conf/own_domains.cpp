#include "conf/own_domains.h"

namespace conf {

warmup::Exempt own_domains(const Config& config) {
  warmup::Exempt own;
  for (const auto& key : config.dkim_keys) own.add(key.domain);
  own.add(config.bounces.domain);
  for (const auto& domain : config.warmup.exempt) own.add(domain);
  return own;
}

}  // namespace conf
