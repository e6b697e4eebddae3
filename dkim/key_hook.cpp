// The definition of PEM_read_bio_PrivateKey that the dynamic linker finds before OpenSSL's: an OBJECT library of its own, default
// visibility, linked with -rdynamic (function signs() in CMakeLists.txt). It is for libopendkim, which passes no `place`.
#include "dkim/key_hook.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

extern "C" __attribute__((visibility("default"))) EVP_PKEY* PEM_read_bio_PrivateKey(BIO* text, EVP_PKEY** place,
                                                                                    pem_password_cb* ask, void* closure) {
  dkim::KeySlot& slot = dkim::key_slot();
  if (slot.key != nullptr && place == nullptr && EVP_PKEY_up_ref(slot.key) == 1) {
    ++slot.served;
    return slot.key;
  }
  ++slot.parsed;
  using Read = EVP_PKEY* (*)(BIO*, EVP_PKEY**, pem_password_cb*, void*);
  static const auto original = reinterpret_cast<Read>(dlsym(RTLD_NEXT, "PEM_read_bio_PrivateKey"));
  return original == nullptr ? nullptr : original(text, place, ask, closure);
}
