// mta/simulate/models.h — mailbox providers as a scenario assumes them.
//
// What      One model a provider: of a kind with a memory (receiver_memory.h), or one with a plain memory of each of our addresses: what
//           volume it is used to, how far it trusts it.
// Units     Recipients a day; its days last 24 hours from the season's start.
// Promise   The plain one accepts trust × max(stranger, accepts × usual volume) a day, says 421 beyond, blocks who comes with more than `surge` times
//           an even hour's share within an hour; the usual volume is an exponential average of what it accepted. Seeded.
// Errors    None: a provider that nobody described accepts everything.
// Source    scenario.h (ReceiverModel); the assumptions behind them stand in conf/scenarios/.
// Not here  what we do about its answers (outcomes.cpp).
#pragma once

#include <map>

#include "mta/simulate/random.h"
#include "mta/simulate/receiver_memory.h"
#include "mta/simulate/scenario.h"
#include "warmup/hour.h"

namespace mta::simulate {

class Models final : public Receiver {
 public:
  struct Closed {  // an outage
    std::string provider;
    Instant from, until;
  };
  Models(const std::vector<ReceiverModel>&, std::vector<Closed>, Instant start, std::uint64_t seed);
  std::vector<SimulatedReply> answer(const Attempt&) override;

 private:
  struct Standing {  // of one address of ours
    double usual = 0, trust = 1;
    Recipients today = 0, ever = 0;
    warmup::Hour hour;
    Instant day_ends{}, blocked_until{};
  };
  using Sources = std::map<std::string, Standing, std::less<>>;
  Standing& standing_of(const Attempt&);
  const ReceiverModel* manners_of(std::string_view provider) const;
  ReceiverMemory& memory_of(const ReceiverModel&, std::string_view provider);
  bool is_closed(std::string_view provider, Instant now) const;
  void pass_days(Standing&, const ReceiverModel&, Instant now) const;
  std::vector<SimulatedReply> accept(Standing&, const ReceiverModel&, Recipients n, Instant now);
  std::optional<SimulatedReply> greylist(const Standing&, const ReceiverModel&, const Attempt&) const;

  std::vector<ReceiverModel> manners_;
  std::vector<Closed> closed_;
  Instant start_;
  std::uint64_t seed_;
  Random luck_;
  std::map<std::string, Sources, std::less<>> standings_;        // by provider, then by source
  std::map<std::string, ReceiverMemory, std::less<>> memories_;  // of kinds with a memory, by provider
};

}  // namespace mta::simulate
