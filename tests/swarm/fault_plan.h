// tests/swarm/fault_plan.h — a random town and what befalls it, from one seed.
//
// What      Rolls receivers, network, load and a sequence of misfortunes; in the end everything is well again and the mail must
//           be gone. Every other town warms up: its sources follow random plans, and it lives for days, in some with a clock that is
//           set.
// Units     Virtual time.
// Promise   All chance is the seed's.
// Errors    LoopStuck; broken promises are returned.
// Source    DESIGN.md §6.1, §7.
// Not here  the judging (tests/sim/checker.h).
#pragma once

#include <string>
#include <vector>

#include "tests/sim/town.h"

namespace mta::sim {

class FaultPlan {
 public:
  explicit FaultPlan(std::uint64_t seed);
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
  void befall_clock();
  void wait_for_a_dot();
  void heal();
  void judge(std::vector<std::string>& broken);
  void wait_for_the_last(std::vector<std::string>& broken);
  std::string some_domain();
  Duration some_time(Duration most);

  Town town_;
  SimDice dice_;
  std::vector<std::string> domains_;
  std::vector<Receiver*> receivers_;
  Daemon* out_ = nullptr;
  bool warms_up_ = false, clock_is_set_ = false;
  std::string relay_;  // host, "" = none
  unsigned boots_ = 0;
};

}  // namespace mta::sim
