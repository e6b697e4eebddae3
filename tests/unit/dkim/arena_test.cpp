#include "dkim/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace dkim::test {
namespace {

TEST(DkimArena, PiecesAreAlignedAndDoNotTouch) {
  Arena arena;
  std::vector<std::pair<unsigned char*, std::size_t>> pieces;
  for (std::size_t octets = 0; octets < 6'000; octets += 37) {
    auto* piece = static_cast<unsigned char*>(arena.allocate(octets));
    ASSERT_NE(piece, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(piece) % alignof(std::max_align_t), 0U);
    std::memset(piece, static_cast<int>(pieces.size() & 0xff), octets);
    pieces.emplace_back(piece, octets);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i)
    for (std::size_t at = 0; at < pieces[i].second; ++at) ASSERT_EQ(pieces[i].first[at], i & 0xff);
}

TEST(DkimArena, ABigPieceGoesBackAtOnceASmallOneWithTheArena) {
  Arena arena;
  void* small = arena.allocate(100);
  const std::size_t little = arena.held();
  void* big = arena.allocate(1'000'000);
  EXPECT_GE(arena.held(), little + 1'000'000);
  arena.free(big);
  arena.free(small);
  arena.free(nullptr);
  EXPECT_EQ(arena.held(), little);
}

TEST(DkimArena, WhatCannotBeHadIsAnsweredWithNothing) {
  Arena arena;
  EXPECT_EQ(arena.allocate(SIZE_MAX), nullptr);
  EXPECT_NE(arena.allocate(1), nullptr);
}

}  // namespace
}  // namespace dkim::test
