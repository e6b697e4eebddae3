// mta/simulate/random.h — chance of a season, with a seed.
//
// What      Uniform, binomial and "about so many" draws.
// Units     Shares 0…1.
// Promise   The same seed gives the same draws on every machine: no library's distributions.
// Errors    None.
// Source    SplitMix64 (public domain); Box and Muller's transform.
// Not here  what is drawn for (models.h, arrivals.h, outcomes.h).
#pragma once

#include <cstdint>

namespace mta::simulate {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  double fraction();                                           // in [0, 1)
  std::uint64_t binomial(std::uint64_t tries, double chance);  // how many of them; a normal draw when there are many
  double around(double mean, double spread);                   // mean · (1 ± spread), uniform

 private:
  std::uint64_t advance_to();
  std::uint64_t state_;
};

}  // namespace mta::simulate
