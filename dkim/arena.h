// dkim/arena.h — memory of one message's signatures, given back as a whole.
//
// What      Small pieces are cut from blocks and freed with the arena; big ones (the buffer of a very long line, which
//           libopendkim doubles as it grows) are freed at once when the library is done with them.
// Units     Octets.
// Promise   Nothing that was allocated outlives the arena, whether or not it was freed: libopendkim forgets a struct per Ed25519
//           signature. Pieces are aligned for any type.
// Errors    allocate answers nullptr when memory is out, as the library expects of its callbacks.
// Source    dkim_init(3) callbacks, what libopendkim 2.11 does.
// Not here  OpenSSL's own memory (keys, BIOs).
#pragma once

#include <cstddef>

namespace dkim {

class Arena {
 public:
  Arena() = default;
  ~Arena();
  void* allocate(std::size_t octets);
  void free(void* piece);  // nullptr is fine
  std::size_t held() const { return held_; }

  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

 private:
  struct alignas(std::max_align_t) Block {
    Block* before;
    Block* after;
    std::size_t octets;
  };
  struct alignas(std::max_align_t) Header {
    Block* own;  // the block that holds this piece alone, or nullptr
  };
  Block* add_block(std::size_t octets);
  void drop(Block*);

  Block* blocks_ = nullptr;
  char* next_ = nullptr;  // free room in the block that small pieces are cut from
  std::size_t room_ = 0;
  std::size_t held_ = 0;
};

}  // namespace dkim
