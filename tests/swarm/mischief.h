// tests/swarm/mischief.h — a random town and what befalls it, from one seed.
//
// What      Rolls receivers, network, load and a sequence of misfortunes; in the end everything is well again and the mail must
//           be gone.
// Units     Virtual time.
// Promise   All chance is the seed's.
// Errors    LoopStuck; broken promises are returned.
// Source    design §3.1, §5.
// Not here  the judging (mta/sim/checker.h).
#pragma once

#include <string>
#include <vector>

#include "mta/sim/town.h"

namespace mta::sim {

class Mischief {
 public:
  explicit Mischief(std::uint64_t seed);
  std::vector<std::string> play();  // the promises that were broken
  Town& town() { return town_; }

 private:
  Manners roll_manners();
  void add_faults(Manners&);
  Wishes roll_wishes();
  void roll_weather();
  Mail roll_mail();
  void load();
  void befall();
  void befall_receiver();
  void heal();
  std::string some_domain();
  Duration some_time(Duration most);

  Town town_;
  SimDice dice_;
  std::vector<std::string> domains_;
  std::vector<Receiver*> receivers_;
  Daemon* out_ = nullptr;
};

}  // namespace mta::sim
