// dkim/key_hook.h — lends libopendkim a key that is parsed already.
//
// What      A slot of this thread. While it holds a key, PEM_read_bio_PrivateKey (key_hook.cpp, which libopendkim finds
//           before OpenSSL's) answers with that key and one more reference; while it is empty, every call goes on to
//           OpenSSL.
// Units     `served` counts keys lent, `parsed` counts calls that went on to OpenSSL; both for this thread, since it began.
// Promise   No policy here: who puts which key in, and when a key is renewed, is thread_keys.h. Without key_hook.cpp in the
//           executable nothing reads the slot, and signatures are right but slow.
// Errors    None.
// Source    libopendkim 2.11 dkim_privkey_load(), which asks for the key by this symbol once a signature.
// Not here  the cache (thread_keys.h), the test that the hook works (key_cache_active in signer.h).
#pragma once

#include <openssl/types.h>

#include <cstdint>

namespace dkim {

struct KeySlot {
  EVP_PKEY* key = nullptr;
  std::uint64_t served = 0;
  std::uint64_t parsed = 0;
};
KeySlot& key_slot();

// Puts a key in the slot for as long as it lives.
class LentKey {
 public:
  explicit LentKey(EVP_PKEY* key) { key_slot().key = key; }
  ~LentKey() { key_slot().key = nullptr; }
  LentKey(const LentKey&) = delete;
  LentKey& operator=(const LentKey&) = delete;
};

}  // namespace dkim
