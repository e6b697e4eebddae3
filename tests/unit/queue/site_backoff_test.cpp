// How long a site that does not answer is left alone: WARMUP.md §8.
#include "queue/site_backoff.h"

#include <gtest/gtest.h>

#include <vector>

namespace queue {
namespace {

using namespace std::chrono_literals;

TEST(SiteBackoff, DoublesFromAMinuteToAnHour) {
  Duration last{0};
  for (const Duration wanted : std::vector<Duration>{1min, 2min, 4min, 8min, 16min, 32min, 1h, 1h}) {
    last = site_interval(last);
    EXPECT_EQ(last, wanted);
  }
}

}  // namespace
}  // namespace queue
