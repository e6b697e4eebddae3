// When a table file asks for compaction.
#include "queue/tombstones.h"

#include <gtest/gtest.h>

namespace queue {
namespace {

void feed(Tombstones& file, std::uint64_t rows, bool erasures) {
  for (; rows > 0; --rows) file.row(erasures);
}

TEST(Tombstones, AFileOfLivingRowsIsLeftAlone) {
  Tombstones file;
  feed(file, 1'000'000, false);
  EXPECT_FALSE(file.heavy());
}

TEST(Tombstones, ARunOfErasuresInABigFileAsksForCompaction) {
  Tombstones file;
  feed(file, 500'000, false);
  feed(file, 4'096, true);
  feed(file, 500'000, false);
  EXPECT_TRUE(file.heavy());
  EXPECT_EQ(file.erasures(), 4'096U);
}

TEST(Tombstones, AQuarterOfTheFileIsEnoughEvenWhenSpread) {
  Tombstones file;
  for (int i = 0; i < 1'000; ++i) {
    feed(file, 3, false);
    feed(file, 1, true);
  }
  EXPECT_TRUE(file.heavy());
}

TEST(Tombstones, AFewErasuresAreNotWorthACompaction) {
  Tombstones file;
  feed(file, 511, true);
  EXPECT_FALSE(file.heavy());
  feed(file, 1, true);
  EXPECT_TRUE(file.heavy());
}

}  // namespace
}  // namespace queue
