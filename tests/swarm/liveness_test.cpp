// Whatever the history of refusals: once all receivers accept, no mail waits for ever (WARMUP.md §1, liveness).
#include "ordeal.h"
#include "seeds.h"

namespace mta::sim {
namespace {

TEST(Liveness, OnceAllReceiversAcceptAllMailIsDeliveredOrEndsByItsOwnRules) { promises_hold_in_all_towns<Ordeal>(100); }

}  // namespace
}  // namespace mta::sim
