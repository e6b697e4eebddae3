// dkim/key.h — one configured private key, checked.
//
// What      Reads a PEM text into a key that DKIM can use, or says what it is instead.
// Units     `pem` is always an unencrypted PKCS #8 text that begins with "-----": libopendkim takes anything else for DER.
// Promise   A Key signs: type, size and the agreement of its private and public part were checked. No prompt for a passphrase,
//           ever.
// Errors    KeyError with a text for people: what was found, what was expected.
// Source    RFC 6376 §3.3.3, RFC 8301 §3.2 (RSA at least 1024 bits), RFC 8463 (Ed25519).
// Not here  which key signs (ring.h), parsed keys of a thread (thread_keys.h), the public half in DNS (doctor).
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "dkim/signer.h"

namespace dkim {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using ParsedKey = std::unique_ptr<EVP_PKEY, FreeKey>;

struct Key {
  std::string domain, selector;  // lower case domain
  bool subdomains;
  KeyType type;
  std::string pem;
  std::string name() const { return domain + "/" + selector; }
};

Key checked(const KeyOptions&);                   // throws KeyError naming domain, selector and file
ParsedKey parse_checked(const std::string& pem);  // of a Key; nullptr only when memory is out

}  // namespace dkim
