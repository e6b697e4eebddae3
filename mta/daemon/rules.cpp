#include "mta/daemon/rules.h"

namespace mta {

std::shared_ptr<const RulesInForce> make_rules(Net& net, conf::Config config) {
  auto rules = std::make_shared<RulesInForce>();
  std::vector<dkim::KeyOptions> keys;
  for (const auto& key : config.dkim_keys) keys.push_back({key.domain, key.selector, key.subdomains, key.pem, key.file});
  rules->signer = std::make_shared<const dkim::Signer>(keys);
  rules->judge = std::make_shared<const Judge>(config.responses);
  rules->providers = std::make_shared<const Providers>(config.providers);
  if (!config.tls.certificate.empty()) rules->identity = net.load_identity(config.tls.certificate, config.tls.private_key);
  rules->config = std::make_shared<const conf::Config>(std::move(config));
  return rules;
}

}  // namespace mta
