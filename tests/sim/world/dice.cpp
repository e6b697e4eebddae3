#include "tests/sim/world/dice.h"

namespace mta::sim {

SimDice::SimDice(std::uint64_t seed, std::string_view name) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {
  for (const char c : name) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
}

std::uint64_t SimDice::roll() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

}  // namespace mta::sim
