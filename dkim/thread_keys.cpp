#include "dkim/thread_keys.h"

#include <vector>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace dkim {

namespace {

struct KeptKey {
  std::weak_ptr<const Key> key;  // weak: a thread must not keep the keys of a configuration that is gone
  const Key* name;               // stays unique while `key` holds the control block
  ParsedKey parsed;
  std::uint32_t uses = 0;
};

ParsedKey parse(const Key& key) {
  ParsedKey parsed = parse_checked(key.pem);
#ifdef __SANITIZE_ADDRESS__
  if (key.type == KeyType::ed25519) __lsan_ignore_object(parsed.get());  // libopendkim keeps references to it for ever
#endif
  return parsed;
}

}  // namespace

EVP_PKEY* parsed_here(const std::shared_ptr<const Key>& key) {
  thread_local std::vector<KeptKey> entries;
  for (KeptKey& entry : entries) {
    if (entry.name != key.get() || entry.key.expired()) continue;
    if (entry.uses++ == uses_before_renewal) {
      entry.parsed = parse(*key);
      entry.uses = 1;
    }
    return entry.parsed.get();
  }
  std::erase_if(entries, [](const KeptKey& entry) { return entry.key.expired(); });
  entries.push_back({key, key.get(), parse(*key), 1});
  return entries.back().parsed.get();
}

}  // namespace dkim
