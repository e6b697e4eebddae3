// mta/simulate/report.h — what a season came to.
//
// What      Counts day by day, in total, by provider, class and lane; what happened to lanes.
// Units     Recipients; dates are the scenario's days, those of lanes their plan's.
// Promise   arrived = delivered + bounced + expired + overflowed + waiting, over the season and for each provider and class. Mail that was
//           refused at the door did not arrive.
// Errors    None.
// Source    mta/control/JSON.md "simulate".
// Not here  how it is shown (mta/ctl/season_page.h) and said (mta/ctl/season_words.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "warmup/lane.h"

namespace mta::simulate {

using warmup::Duration;
using warmup::Instant;
using warmup::Recipients;

struct Counts {
  Recipients arrived = 0, refused = 0;
  Recipients sent = 0;        // charged
  Recipients delivered = 0;   // by our own lanes
  Recipients junk = 0;        // of both, into the junk folder, as far as the receiver's model knows one
  Recipients overflowed = 0;  // delivered by the pool's overflow
  Recipients bounced = 0, expired = 0;
  Recipients greylisted = 0, rate_limited = 0, put_off = 0, blocked = 0, unreachable = 0;  // answers, not ends
  Recipients waiting = 0;  // at the end of the day, or of the season
  Recipients deferred() const { return greylisted + rate_limited + put_off + unreachable; }
  Counts& operator+=(const Counts&);
};

struct DayReport {
  std::string date;
  Counts all;
  std::map<std::string, Counts> providers;  // of the mail: "google", also when a smarthost carried it
  Recipients cap = 0;                       // over all lanes with a limit, of the pools' own sources
  bool unlimited = false;                   // some lane has none
  bool planned = false;                     // some lane follows a plan: only such a lane has a stage
  unsigned lowest_stage = 0, highest_stage = 0;
};

// How long mail of a class was under way; by the minute.
class Waits {
 public:
  void add(Duration wait, Recipients n) { minutes_[std::chrono::ceil<std::chrono::minutes>(wait)] += n, count_ += n; }
  Recipients count() const { return count_; }
  Recipients within(Duration) const;
  Duration share(double) const;  // that share took no longer; REQUIRES: count() > 0
  Duration longest() const { return minutes_.empty() ? Duration(0) : minutes_.rbegin()->first; }

 private:
  std::map<std::chrono::minutes, Recipients> minutes_;
  Recipients count_ = 0;
};

struct ClassReport {
  Counts counts;
  Waits waits;                          // of what was delivered, by whichever way
  std::optional<Instant> oldest_waits;  // since when
};

struct LaneDay {
  std::string date;
  unsigned stage = 0;
  std::optional<double> growth;  // with which it began; empty where the plan does not learn
  std::optional<Recipients> cap;
  Recipients sent = 0, delivered = 0;
  std::string state;  // at its end
};

struct SimulatedLaneReport {
  std::string source, provider;  // "(all)", "(others)": the source's total
  std::string plan;              // "" = none
  bool overflow = false;
  bool enforced = false;
  std::vector<LaneDay> days;
  std::string state;
  std::optional<std::string> warm;  // the first day on which it was
  unsigned stage = 0;
  std::optional<double> growth;
  std::optional<Recipients> cap;
};

struct Notice {  // something happened to a lane
  Instant at{};
  std::string source, provider;
  std::string change, reason;
  bool alert = false;
};

struct SimulationReport {
  std::string title, file;
  std::uint64_t seed = 0;
  std::string timezone;
  Instant start{}, end{};
  std::vector<DayReport> days;
  Counts total;
  std::map<std::string, Counts> providers;
  std::map<std::string, Duration> stops;  // by provider that refused us: the longest time from a refusal to the next delivery
  std::map<std::string, ClassReport> classes;
  std::vector<SimulatedLaneReport> lanes;
  std::vector<Notice> notices;                 // the first ten thousand
  std::map<std::string, std::size_t> changes;  // all of them, by kind
  std::uint64_t attempts = 0;
};

}  // namespace mta::simulate
