// mta/simulate/season_tally.h — what a season comes to, as it is counted.
//
// What      Counts of the day that is, by provider and by class; the days that ended; how long nothing was taken; the report of all of it.
// Units     Recipients.
// Promise   What is counted for a provider is counted for a class too.
// Errors    None.
// Source    report.h.
// Not here  what is counted when (simulation.cpp, outcomes.cpp, held_queues.cpp).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mta/simulate/lanes.h"
#include "mta/simulate/queues.h"
#include "mta/simulate/report.h"
#include "mta/simulate/season_days.h"

namespace mta::simulate {

class SeasonTally {
 public:
  void count(const SimulatedQueue& queue, Recipients Counts::*of, Recipients n) {
    if (today_.size() <= queue.index) today_.resize(queue.index + 1);
    today_[queue.index].*of += n;
  }
  void waited(const SimulatedQueue& queue, Duration wait, Recipients n) { classes_[queue.mail_class->name].waits.add(wait, n); }
  // A stop lasts from the first refusal for our rate or reputation to the next delivery.
  void refused_us(const SimulatedQueue&, Instant now);
  void delivered_again(const SimulatedQueue&, Instant now);
  void attempted() { ++attempts_; }
  void close_day(const std::string& date, const Lanes&, const Queues&);
  SimulationReport report(const Scenario&, const SeasonDays&, Lanes&, const Queues&);  // once

 private:
  std::vector<Counts> today_;  // by queue
  std::map<std::string, ClassReport> classes_;
  struct Stop {
    std::optional<Instant> since;
    Duration longest{0};
  };
  std::map<std::string, Stop> stops_;  // by provider
  std::vector<DayReport> days_;
  std::uint64_t attempts_ = 0;
};

}  // namespace mta::simulate
