// mta/submit/refusal_tally.h — what strangers are refused, counted instead of written one by one.
//
// What      The first refusal of a client for a reason is reported at once; those of the minute behind it are counted and reported as one,
//           with the first of them as the example, when the minute is over.
// Units     A reason is stage, code and enhanced code. Minutes are of the stopwatch: a rehearsal does not make a flood faster.
// Promise   Thread-safe. At least a minute lies between two reports of one client and reason, and every refusal is in the count of exactly
//           one report. At most `most_keys` clients and reasons are told apart in a minute and `most_rows` reports are made in an hour;
//           what is beyond that is counted in one report a minute that names no client. What is counted and not yet reported is lost at
//           a crash.
// Errors    None.
// Source    README "See what it does" (`refused`: count, since).
// Not here  who is a stranger (client.h), where reports go (parts.h).
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "mta/submit/parts.h"

namespace mta {

class RefusalTally {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t most_keys = 64;
  static constexpr unsigned most_rows = 600;

  // What is to be reported now; empty when the refusal was counted for later. `now` and `at` are the same moment on both clocks.
  std::optional<Refused> add(Refused, Time now, Instant at);
  std::vector<Refused> due(Time now);  // of minutes that are over
  std::vector<Refused> rest();         // of all, whether or not their minute is over
  bool pending() const;                // something is counted and not yet reported

 private:
  using TallyKey = std::tuple<std::string, smtp::Stage, int, std::string>;
  struct TallyRow {
    Time begun;     // of the minute
    Refused first;  // of those that are counted; its count is theirs
  };
  bool may_report(Time now);
  void count_beyond(const Refused&, Time now);

  mutable std::mutex mutex_;  // guards all below
  std::map<TallyKey, TallyRow> rows_;
  std::optional<TallyRow> beyond_;
  Time hour_{};
  unsigned reported_ = 0;  // in this hour
};

}  // namespace mta
