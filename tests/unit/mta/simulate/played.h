// tests/unit/mta/simulate/played.h — seasons played for tests.
//
// What      Scenarios from text with a little configuration, receivers that the test holds in its hand, and what must hold of every
//           report.
// Units     Recipients.
// Promise   No files but those of the checkout, no clock.
// Errors    A scenario that does not load fails the test with its problems.
// Source    –
// Not here  what is tested.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mta/simulate/simulation.h"

namespace mta::simulate {

// `scenario` gets a source ip-1 that follows the default plan unless it has a [config] of its own.
Read scenario_of(const std::string& scenario);
SimulationReport played(const std::string& scenario, Receiver* receiver = nullptr);
SimulationReport played_file(const std::string& path_in_checkout);
std::vector<std::string> problems_of(const std::string& scenario);  // lines; empty when it loads

// Takes everything, and notes what it was offered.
class Welcoming : public Receiver {
 public:
  std::vector<SimulatedReply> answer(const Attempt& attempt) override {
    attempts.push_back({std::string(attempt.source), attempt.recipients, attempt.now});
    return {{warmup::Verdict::delivered, attempt.recipients, false, true}};
  }
  struct Offered {
    std::string source;
    Recipients recipients;
    Instant at;
  };
  std::vector<Offered> attempts;
};

std::vector<Recipients> delivered_by_day(const SimulationReport&);
void expect_nothing_lost(const SimulationReport&);  // arrived = delivered + bounced + expired + overflowed + waiting, everywhere
void expect_no_cap_exceeded(const SimulationReport&);  // charged per lane and day
std::string fingerprint(const SimulationReport&);      // of everything that may differ

}  // namespace mta::simulate
