// mta/real/dice.h — chance, from the kernel's.
//
// What      A generator per thread, each seeded from std::random_device.
// Units     64 uniform bits a roll.
// Promise   Thread-safe without a lock. Good enough for jitter, shuffles and ids; not a key.
// Errors    None.
// Source    DESIGN.md §5.
// Not here  secrets (OpenSSL), reproducible chance (tests/sim).
#pragma once

#include "mta/doors/world.h"

namespace mta::real {

class KernelDice : public Dice {
 public:
  std::uint64_t roll() override;
};

}  // namespace mta::real
