// mta/daemon/rules.h — one configuration with everything made from it.
//
// What      Config, verdict table, provider table, signer and certificate that belong together; replaced as a whole at reload.
// Units     –
// Promise   Immutable; a conversation keeps the one it began with.
// Errors    make_rules throws std::runtime_error with a text for people (certificate, key).
// Source    README "Configure it".
// Not here  reading the file (conf/load.h).
#pragma once

#include <memory>

#include "conf/config.h"
#include "dkim/signer.h"
#include "mta/deliver/verdict.h"
#include "mta/doors/world.h"
#include "mta/route/provider.h"

namespace mta {

struct RulesInForce {
  std::shared_ptr<const conf::Config> config;
  std::shared_ptr<const Judge> judge;
  std::shared_ptr<const Providers> providers;
  std::shared_ptr<const dkim::Signer> signer;
  std::shared_ptr<const TlsIdentity> identity;  // null without a certificate
};

std::shared_ptr<const RulesInForce> make_rules(Net&, conf::Config);

}  // namespace mta
