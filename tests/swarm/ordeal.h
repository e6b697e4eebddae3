// tests/swarm/ordeal.h — a random town in which everything is refused, then nothing.
//
// What      Rolls sources of every kind (addresses, smarthosts; in the pool or as its overflow; with a plan and without), classes, and a
//           history of refusals that puts every brake, withheld domain, closed site and operator hold on them. Then all receivers accept, and
//           operators let go of what they paused.
// Units     Virtual time.
// Promise   All chance is the seed's. From the moment on at which all is well, mail is gone within what the rules allow: the longest
//           pause and the longest time a From domain is withheld, then as many days as the caps need, and not even those where all mail
//           may go by an overflow without a plan.
// Errors    LoopStuck; broken promises are returned.
// Source    WARMUP.md §1 (liveness), §6, §8.
// Not here  broken networks, disks and clocks (fault_plan.h), the judging (tests/sim/checker.h).
#pragma once

#include <string>
#include <vector>

#include "tests/sim/town.h"
#include "warmup/lane_command.h"

namespace mta::sim {

class Ordeal {
 public:
  explicit Ordeal(std::uint64_t seed);
  std::vector<std::string> play();  // the promises that were broken
  Town& town() { return town_; }

 private:
  Wishes roll_wishes();
  void roll_sources(conf::Config&);
  void roll_classes(std::vector<warmup::ClassOptions>&);
  void load();
  void befall();
  void refuse(Receiver&);
  void vanish(Receiver&);
  void operate();
  void hand(const std::string& source, const std::string& provider, const warmup::LaneCommandRequest&);
  void heal();
  Duration may_take() const;
  Receiver& some_receiver();
  std::string some_domain();
  Duration some_time(Duration most);

  Town town_;
  SimDice dice_;
  std::vector<std::string> domains_;
  std::vector<Receiver*> receivers_;
  Daemon* out_ = nullptr;
  std::vector<std::pair<std::string, std::string>> paused_;  // source, provider: until somebody resumes
  bool all_overflows_ = false;                               // whatever its class, by a relay without a plan
  Duration longest_wait_{0};                                 // before it does
};

}  // namespace mta::sim
