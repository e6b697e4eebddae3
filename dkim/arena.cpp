#include "dkim/arena.h"

#include <cstdint>
#include <cstdlib>
#include <new>

namespace dkim {

namespace {
constexpr std::size_t block_octets = 16 * 1024;
constexpr std::size_t big = 4 * 1024;
constexpr std::size_t round_up(std::size_t octets) {
  return (octets + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) * alignof(std::max_align_t);
}
}  // namespace

Arena::~Arena() {
  while (blocks_ != nullptr) drop(blocks_);
}

Arena::Block* Arena::add_block(std::size_t octets) {
  void* memory = std::malloc(sizeof(Block) + octets);
  if (memory == nullptr) return nullptr;
  auto* block = new (memory) Block{nullptr, blocks_, octets};
  if (blocks_ != nullptr) blocks_->before = block;
  blocks_ = block;
  held_ += octets;
  return block;
}

void Arena::drop(Block* block) {
  (block->before == nullptr ? blocks_ : block->before->after) = block->after;
  if (block->after != nullptr) block->after->before = block->before;
  held_ -= block->octets;
  std::free(block);
}

void* Arena::allocate(std::size_t octets) {
  if (octets > SIZE_MAX / 2) return nullptr;
  const std::size_t wanted = sizeof(Header) + round_up(octets);
  if (wanted > big) {
    Block* own = add_block(wanted);
    return own == nullptr ? nullptr : new (own + 1) Header{own} + 1;
  }
  if (wanted > room_) {
    Block* shared = add_block(block_octets);
    if (shared == nullptr) return nullptr;
    next_ = reinterpret_cast<char*>(shared + 1);
    room_ = block_octets;
  }
  auto* piece = new (next_) Header{nullptr};
  next_ += wanted;
  room_ -= wanted;
  return piece + 1;
}

void Arena::free(void* piece) {
  if (piece == nullptr) return;
  if (Block* own = (static_cast<Header*>(piece) - 1)->own) drop(own);
}

}  // namespace dkim
