// tests/scenario/days.h — helpers of the warm-up scenarios: plans in a line, an overflow, what a receiver got on which day, what the spool
// says.
//
// What      Functions of values.
// Units     Days of the town: UTC, day 0 is the first.
// Promise   –
// Errors    –
// Source    –
// Not here  the scenarios (warmup_test.cpp, reactions_test.cpp, waiting_rules_test.cpp …).
#pragma once

#include <algorithm>
#include <vector>

#include "tests/sim/town.h"

namespace mta::sim {

inline warmup::PlanOptions plan_of(std::uint64_t start, double growth, std::uint64_t target) {
  warmup::PlanOptions plan;
  plan.start = start;
  plan.growth = growth;
  plan.target = target;
  return plan;
}

inline std::vector<std::size_t> accepted_by_day(const Receiver& receiver, std::size_t days) {
  std::vector<std::size_t> counts(days, 0);
  for (const auto& copy : receiver.copies()) {
    const auto day = static_cast<std::size_t>((copy.letter->at - world_began) / std::chrono::hours(24));
    if (day < days) ++counts[day];
  }
  return counts;
}

inline Mail bulk_to(const std::string& domain) {
  Mail mail = to(domain);
  mail.headers = "List-Id: <news.sender.test>\r\n";
  return mail;
}

inline warmup::PlanOptions unpaced(std::uint64_t start, double growth = 1.5) {
  auto plan = plan_of(start, growth, 5000);
  plan.pace = warmup::Pace::none;
  return plan;
}

// Nothing but the cap limits it.
inline warmup::PlanOptions at_once(std::uint64_t start) {
  auto plan = unpaced(start);
  plan.hourly = 1;
  return plan;
}

inline void no_reserves(conf::Config& config) {
  for (auto& each : config.classes) each.reserve = 0;
}

// Stops the daemon for it.
inline Evidence look_into(Daemon& daemon) {
  daemon.stop();
  Evidence seen;
  daemon.read_spool(seen);
  daemon.start();
  return seen;
}

inline const LaneSeen* lane_of(const Evidence& seen, const std::string& address, const std::string& provider) {
  const auto found = std::find_if(seen.lanes.begin(), seen.lanes.end(),
                                  [&](const LaneSeen& each) { return each.address == address && each.provider == provider; });
  return found == seen.lanes.end() ? nullptr : &*found;
}

inline std::size_t count_of(const Evidence& seen, const std::string& type) {
  return static_cast<std::size_t>(
      std::count_if(seen.events.begin(), seen.events.end(), [&](const EventSeen& each) { return each.type == type; }));
}

inline std::size_t sent_by(const Receiver& receiver, const std::string& address) {
  return static_cast<std::size_t>(std::count_if(receiver.copies().begin(), receiver.copies().end(),
                                                [&](const Copy& copy) { return copy.letter->client.to_string() == address; }));
}

inline void add_relay(conf::Config& config) {
  conf::Source old = config.sources.at(0);
  old.name = "old-relay";
  old.address.clear();
  old.plan.clear();
  old.smarthost = "mx1.relay.test:25";
  old.tls = conf::TlsLevel::may;
  config.sources.push_back(old);
  config.pools.at(0).overflow = "old-relay";
}

inline void overflow_when_full(conf::Config& config) {
  no_reserves(config);
  for (auto& each : config.classes) each.when_full = warmup::WhenFull::overflow;
}

}  // namespace mta::sim
