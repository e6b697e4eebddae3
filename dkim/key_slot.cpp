// The slot lives in the library, not beside the hook: a program without the hook links, and signs without the cache.
#include "dkim/key_hook.h"

namespace dkim {

KeySlot& key_slot() {
  thread_local KeySlot slot;
  return slot;
}

}  // namespace dkim
