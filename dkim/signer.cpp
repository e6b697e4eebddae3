#include "dkim/signer.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <algorithm>

#include "dkim/key_hook.h"
#include "dkim/ring.h"

namespace dkim {

Signer::Signer(const std::vector<KeyOptions>& options) : ring_(std::make_shared<Ring>()) {
  for (const KeyOptions& one : options) ring_->add(checked(one));
}

Signer::~Signer() = default;

namespace {

// Of each type the key that is configured first; RSA before Ed25519 (RFC 8463 §3: older verifiers look at the first they know).
std::string choose(const std::vector<std::shared_ptr<const Key>>& keys, bool exact) {
  std::string names;
  for (const KeyType type : {KeyType::rsa, KeyType::ed25519}) {
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key->type == type && (exact || key->subdomains); });
    if (found != keys.end()) names += (names.empty() ? "" : ",") + (*found)->name();
  }
  return names;
}

}  // namespace

std::string Signer::keys_for(std::string_view from_domain) const {
  std::string domain(from_domain);
  for (char& c : domain)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (domain.ends_with('.')) domain.pop_back();
  for (std::string_view rest = domain;;) {
    const auto keys = ring_->by_domain.find(rest);
    if (keys != ring_->by_domain.end()) {
      std::string names = choose(keys->second, rest.size() == domain.size());
      if (!names.empty()) return names;
    }
    const auto dot = rest.find('.');
    if (dot == std::string_view::npos) return {};
    rest.remove_prefix(dot + 1);
  }
}

bool Signer::knows(std::string_view signed_with) const {
  const auto names = split_names(signed_with);
  return std::all_of(names.begin(), names.end(), [&](std::string_view name) { return ring_->named(name) != nullptr; });
}

// Asks libopendkim for a signature and looks whether it took the key from our slot.
bool key_cache_active() {
  const std::unique_ptr<BIO, int (*)(BIO*)> text(BIO_new(BIO_s_mem()), BIO_free);
  const ParsedKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  char* octets = nullptr;
  if (!key || PEM_write_bio_PKCS8PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) return false;
  const long length = BIO_get_mem_data(text.get(), &octets);
  const Signer signer({{"probe.invalid", "probe", false, std::string(octets, static_cast<std::size_t>(length)), ""}});
  const auto before = key_slot().served;
  const auto signature = signer.begin("probe.invalid/probe", std::chrono::sys_seconds{std::chrono::seconds{1}});
  signature->header("From: probe@probe.invalid");
  signature->finish();
  return key_slot().served > before;
}

}  // namespace dkim
