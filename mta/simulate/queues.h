// mta/simulate/queues.h — the queues that mail waits in.
//
// What      A queue holds the mail of one (pool, provider, class), in order of due, or what is bound to one source (greylisted there, or in
//           the overflow). Queues opens them with their lanes, and says by which route mail goes into which.
// Units     Recipients.
// Promise   The head is what waits longest. A queue that was opened stays where it is; its index is its place in all().
// Errors    None: a destination that nobody listed is a provider of its own.
// Source    DESIGN.md §1 (queue), WARMUP.md §1, §6, §9.
// Not here  whether a head may go (simulation.cpp), what becomes of one that may not (held_queues.h).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "mta/simulate/cohorts.h"
#include "mta/simulate/lanes.h"
#include "warmup/exempt.h"

namespace mta::simulate {

struct SimulatedQueue {
  std::size_t index = 0;
  const conf::Pool* pool = nullptr;
  std::string provider;
  const warmup::ClassOptions* mail_class = nullptr;
  const conf::Source* bound_to = nullptr;
  bool overflow = false;         // bound to the pool's overflow
  bool exempt = false;           // to a domain of our own: no ledger counts it
  bool blocked = false;          // of those refused for good for our reputation
  std::vector<LaneAnswer> ways;  // lanes it may use, in the pool's order

  Cohorts mail;
  Instant asleep_until{};
  Instant closed_until{}, closed_since{};
  Duration backoff{0};  // the site does not answer
  Instant outlook_made{};
  bool full = false;  // by the outlook: waits longer than max_wait
  SimulatedQueue* overflow_queue = nullptr;
  Instant overflow_again{};  // it took nothing: asked again then

  SimulatedLane& lane() const { return *ways.front().lane; }  // REQUIRES: it has one
};

struct QueueName {
  const conf::Pool* pool = nullptr;
  std::string provider;
  const warmup::ClassOptions* mail_class = nullptr;
  bool exempt = false, blocked = false;
  friend auto operator<=>(const QueueName&, const QueueName&) = default;
};

struct RoutedMail {  // mail, as routes look at it
  std::string to;    // a provider or a domain
  std::string mail_class, from_domain, user;
  friend auto operator<=>(const RoutedMail&, const RoutedMail&) = default;
};

class Queues {
 public:
  Queues(const conf::Config&, Lanes&);

  SimulatedQueue& of(const RoutedMail&);
  SimulatedQueue& open(const QueueName&, const conf::Source* bound_to, bool overflow);
  SimulatedQueue& home_of(const SimulatedQueue&, const Cohort&);  // where it waits when it may go by any source of the pool
  SimulatedQueue& bound_to(const SimulatedQueue&, const Cohort&, const std::string& source);
  SimulatedQueue& at(std::size_t index) const { return *queues_[index]; }
  const std::vector<std::unique_ptr<SimulatedQueue>>& all() const { return queues_; }

 private:
  static QueueName name_of(const SimulatedQueue&, const Cohort&);
  const conf::Pool& pool_for(const RoutedMail&, const std::string& domain) const;
  void add_way(SimulatedQueue&, const conf::Source&);

  const conf::Config& config_;
  Lanes& lanes_;
  warmup::Exempt own_;  // domains
  std::vector<std::unique_ptr<SimulatedQueue>> queues_;
  std::map<std::tuple<QueueName, const conf::Source*, bool>, SimulatedQueue*> known_;
  std::map<RoutedMail, SimulatedQueue*> routes_;
};

}  // namespace mta::simulate
