// dkim/signer.h — DKIM signatures for a message that streams by.
//
// What      Keys (parsed once, checked), the choice of the key by From domain, and a signature over headers and body chunks, made
//           by libopendkim: relaxed/relaxed, rsa-sha256, and ed25519-sha256 as a second signature when such a key is configured.
// Units     Octets, CRLF line ends, not dot-stuffed.
// Promise   One RSA signature costs what the signature costs: keys are parsed once a thread (key_hook.h). Memory of a signature
//           is given back whole. Signing is thread-safe; a Signature belongs to one thread at a time.
// Errors    Keys: KeyError with a text for people. Signing: a result with the library's reason; the caller decides.
// Source    RFC 6376, RFC 8463, what libopendkim 2.11 does.
// Not here  when to sign again (mta/deliver), DNS (doctor).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace dkim {

struct KeyOptions {
  std::string domain, selector;
  bool subdomains = true;
  std::string pem;
  std::string file;  // for messages
};

struct KeyError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class KeyType { rsa, ed25519 };

// Parses and checks one key: RSA ≥ 1024 bits or Ed25519, private. Throws KeyError. Of an RSA key, `bits` below 2048
// deserve a warning; an Ed25519 key has 256.
struct KeyFacts {
  KeyType type;
  unsigned bits;
  std::string public_base64;  // the p= of the DNS record
};
KeyFacts inspect(const std::string& pem);

class Signature;

class Signer {
 public:
  explicit Signer(const std::vector<KeyOptions>&);  // throws KeyError
  ~Signer();

  // The keys for a From domain: all keys of the most specific configured domain (exact, or a parent with `subdomains`), at most
  // one of each type (the one configured first). The domain as in DNS, international names as xn--…. "" = none signs.
  // Text form "domain/selector,domain/selector", as kept in queue::Message::signed_with.
  std::string keys_for(std::string_view from_domain) const;
  bool knows(std::string_view signed_with) const;  // every key named is still configured

  // `keys` as returned by keys_for, not empty. `now` becomes t=.
  std::unique_ptr<Signature> begin(const std::string& keys, std::chrono::sys_seconds now) const;

  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

 private:
  struct Ring;
  std::shared_ptr<Ring> ring_;
};

class Signature {
 public:
  ~Signature();
  void header(std::string_view field);  // "Name: value", inner CRLFs kept, no final CRLF; in message order
  void body(std::string_view octets);   // any split
  // One "DKIM-Signature: …\r\n" a key, RSA first. header() and body() never throw: what went wrong there is told here. Throws
  // std::runtime_error with the library's reason (no From, syntax).
  std::string finish();

 private:
  friend class Signer;
  struct Parts;
  explicit Signature(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> state_;
};

bool key_cache_active();  // --version says so; true when libopendkim takes its keys from us (key_hook.h)

}  // namespace dkim
