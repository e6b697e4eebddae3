// dkim/ring.h — the configured keys by domain.
//
// What      What a Signer holds and its signatures share: keys, and the library handles.
// Units     –
// Promise   Immutable once made (the handles lock by themselves); lives as long as the last signature.
// Errors    KeyError for a key named twice.
// Source    RFC 6376 §3.5 (d=, s=).
// Not here  reading a key (key.h).
#pragma once

#include <map>

#include "dkim/key.h"
#include "dkim/library.h"
#include "dkim/signer.h"

namespace dkim {

struct Signer::Ring {
  using Keys = std::vector<std::shared_ptr<const Key>>;
  std::map<std::string, Keys, std::less<>> by_domain;
  std::shared_ptr<Libraries> libraries = std::make_shared<Libraries>();

  void add(Key);
  std::shared_ptr<const Key> named(std::string_view name) const;  // "domain/selector"; nullptr if not configured
};

// The parts of "a/b,c/d".
std::vector<std::string_view> split_names(std::string_view keys);

}  // namespace dkim
