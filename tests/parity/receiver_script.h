// tests/parity/receiver_script.h — what the receivers of a small world answer, whoever asks.
//
// What      One answer for each message that is offered, and a tally of them. The town's receivers and `simulate` ask the same object type.
// Units     One recipient an answer.
// Promise   An answer depends on the world, the time and the number of answers before; on no dice.
// Errors    None.
// Source    –
// Not here  how it is said over SMTP (play.cpp).
#pragma once

#include <map>

#include "small_world.h"
#include "tests/sim/manners.h"
#include "warmup/verdict.h"

namespace mta::sim {

struct Scripted {
  warmup::Verdict verdict = warmup::Verdict::delivered;
  std::string reply;  // "" = it is taken
  Stage stage = Stage::rcpt;
};

struct Cell {  // of one day, by one lane
  unsigned day = 1;
  std::string lane, what;
  friend auto operator<=>(const Cell&, const Cell&) = default;
};
using Tally = std::map<Cell, std::uint64_t>;

unsigned day_of(Instant);  // from 1

class ReceiverScript {
 public:
  explicit ReceiverScript(const SmallWorld& world) : world_(world) {}
  // `source`: its name in the configuration.
  Scripted answer(const std::string& domain, const std::string& source, const std::string& from_domain, Instant now);
  bool is_closed(const std::string& domain, Instant now) const;
  const Tally& tally() const { return tally_; }

 private:
  Scripted decide(const std::string& domain, const std::string& source, const std::string& from_domain, Instant now);

  const SmallWorld& world_;
  std::map<Cell, warmup::Recipients> taken_;                            // of a source, at a domain, on a day
  std::map<std::pair<std::string, std::string>, std::uint64_t> asked_;  // by domain and source
  Tally tally_;
};

}  // namespace mta::sim
