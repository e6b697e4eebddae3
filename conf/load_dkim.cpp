#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "conf/draft.h"
#include "dkim/signer.h"

namespace conf {
namespace {

constexpr unsigned wanted_rsa_bits = 2048;  // RFC 8301 §3.2

using Types = std::map<std::string, std::vector<dkim::KeyType>>;  // of the keys so far, by domain

void check_key(Table& table, const DkimKey& key, Types& types) {
  try {
    const dkim::KeyFacts facts = dkim::inspect(key.pem);
    if (facts.type == dkim::KeyType::rsa && facts.bits < wanted_rsa_bits) {
      table.warn("file", fmt::format("{} is an RSA key of {} bits; {} are wanted today", key.file, facts.bits, wanted_rsa_bits));
    }
    auto& own = types[key.domain];
    if (std::find(own.begin(), own.end(), facts.type) != own.end()) {
      table.warn("file", fmt::format("{} already has {} key, which signs; this one does not", key.domain,
                                     facts.type == dkim::KeyType::rsa ? "an RSA" : "an Ed25519"));
    }
    own.push_back(facts.type);
  } catch (const dkim::KeyError& error) {
    table.fault("file", fmt::format("{}: {}", key.file, error.what()));
  }
}

void load_key(Table& table, ConfigDraft& draft, Types& types) {
  DkimKey key;
  key.where = table.where();
  if (table.need("domain", "\"example.com\"") && table.text("domain", key.domain, host_name)) key.domain = lower(key.domain);
  if (table.need("selector", "\"s2026\""))
    table.text("selector", key.selector, Form{"a selector like \"s2026\"", host_name.fits});
  const bool named = table.need("file", "\"/etc/warmupd/dkim/example.com.s2026.pem\"") && draft.path(table, "file", key.file);
  table.yes_no("subdomains", key.subdomains);
  table.finish();
  if (named && draft.read_secret(table, "file", key.file, key.pem)) check_key(table, key, types);
  for (const DkimKey& other : draft.config.dkim_keys) {
    const bool same = !key.domain.empty() && other.domain == key.domain && lower(other.selector) == lower(key.selector);
    if (same)
      table.fault("selector", fmt::format("\"{}\" of {} is taken already, at {}", key.selector, key.domain, other.where.text()));
  }
  draft.config.dkim_keys.push_back(std::move(key));
}

}  // namespace

void load_dkim(Table& top, ConfigDraft& draft) {
  auto dkim = top.table("dkim");
  if (!dkim) return;
  Types types;
  dkim->choice<Unsigned>("unsigned", draft.config.lacking.dkim_unsigned,
                         {{"warn", Unsigned::warn}, {"refuse", Unsigned::refuse}, {"allow", Unsigned::allow}});
  for (Table& table : dkim->tables("key")) load_key(table, draft, types);
  dkim->finish();
}

}  // namespace conf
