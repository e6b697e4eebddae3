// Sharing by need, against a count one by one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "warmup/need.h"

namespace warmup {
namespace {

using ::testing::ElementsAre;

TEST(Need, WhoHadLeastGetsMost) {
  EXPECT_THAT(share_by_need({{100, 0}, {100, 10}, {100, 20}}, 30), ElementsAre(20, 10, 0));
  EXPECT_THAT(share_by_need({{5, 0}, {100, 0}}, 30), ElementsAre(5, 25));
}

TEST(Need, AWeightCountsAsSoManyQueues) { EXPECT_THAT(share_by_need({{100, 0, 1}, {100, 0, 3}}, 40), ElementsAre(10, 30)); }

TEST(Need, AReserveComesFirst) {
  EXPECT_THAT(share_by_need({{100, 0}, {100, 0, 1, 25}}, 30), ElementsAre(5, 25));
  EXPECT_THAT(share_by_need({{100, 0}, {10, 0, 1, 25}}, 30), ElementsAre(20, 10));
}

// None that wants more is two behind another of its weight.
void expect_fair(const std::vector<Wanting>& all, const std::vector<Recipients>& shares, std::size_t a) {
  if (shares[a] == all[a].wants) return;
  for (std::size_t b = 0; b < all.size(); ++b) {
    if (shares[b] == 0) continue;  // it may have had more before
    ASSERT_LT(all[b].had + static_cast<double>(shares[b]), all[a].had + static_cast<double>(shares[a]) + 2);
  }
}

// Whatever the numbers: all is given, nobody gets more than it wants, and none that wants more is two behind another of its weight.
TEST(Need, HoldsForAnyQueues) {
  std::mt19937_64 dice{7};
  const auto upto = [&dice](Recipients most) { return std::uniform_int_distribution<Recipients>(0, most)(dice); };
  for (int round = 0; round < 2000; ++round) {
    std::vector<Wanting> all(1 + upto(9));
    for (auto& each : all) each = {upto(60), static_cast<double>(upto(20)), 1, 0};
    const Recipients room = upto(200);
    const auto shares = share_by_need(all, room);
    const auto wanted = std::accumulate(all.begin(), all.end(), Recipients{0},
                                        [](Recipients sum, const Wanting& each) { return sum + each.wants; });
    ASSERT_EQ(std::accumulate(shares.begin(), shares.end(), Recipients{0}), std::min(room, wanted));
    for (std::size_t a = 0; a < all.size(); ++a) {
      ASSERT_LE(shares[a], all[a].wants);
      ASSERT_NO_FATAL_FAILURE(expect_fair(all, shares, a)) << round;
    }
  }
}

}  // namespace
}  // namespace warmup
