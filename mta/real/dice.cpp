#include "mta/real/dice.h"

#include <random>

namespace mta::real {

namespace {

std::mt19937_64 seeded() {
  std::random_device device;
  std::seed_seq seeds{device(), device(), device(), device(), device(), device(), device(), device()};
  return std::mt19937_64(seeds);
}

}  // namespace

std::uint64_t KernelDice::roll() {
  thread_local std::mt19937_64 generator = seeded();
  return generator();
}

}  // namespace mta::real
