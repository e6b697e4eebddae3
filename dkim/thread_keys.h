// dkim/thread_keys.h — the parsed keys of this thread.
//
// What      One EVP_PKEY for each key and thread: no lock, and no blinding state shared between cores.
// Units     A use is one signature.
// Promise   A key is parsed once a thread, and again after `uses_before_renewal`: libopendkim's Ed25519 path never drops
//           its reference, and the count of references must stay far below 2³¹. Keys of a Signer that is gone are dropped
//           at the next look.
// Errors    nullptr when OpenSSL has no memory; libopendkim then parses by itself.
// Source    what libopendkim 2.11 does.
// Not here  how libopendkim gets the key (key_hook.h).
#pragma once

#include <cstdint>

#include "dkim/key.h"

namespace dkim {

constexpr std::uint32_t uses_before_renewal = 1'000'000;

// Owned by the thread; valid until this thread's next call.
EVP_PKEY* parsed_here(const std::shared_ptr<const Key>&);

}  // namespace dkim
