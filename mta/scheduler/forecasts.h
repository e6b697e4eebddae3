// mta/scheduler/forecasts.h — what acceptance is to know of a queue: when it opens, and whether it is full.
//
// What      The last forecast of each queue for which mail came, kept by pool, provider and class.
// Units     Recipients; scheduling time.
// Promise   What acceptance reads is at most a minute old, and made anew when what waits is another by a fiftieth, or when a lane's state
//           changes. It is made on the work pool, from copies: meanwhile the mail that asks for it waits, and nothing else.
// Errors    None.
// Source    WARMUP.md §6, §10.
// Not here  the forecast itself (mta/report/forecasts.h), what follows from it (acceptor.h).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "mta/report/snapshot.h"
#include "mta/scheduler/scheduler_state.h"

namespace mta {

class Forecasts {
 public:
  using ForecastOf = std::tuple<std::string, std::string, std::string>;  // pool, provider, class
  using Stale = std::map<ForecastOf, std::uint64_t>;                     // with the number of recipients that go first

  Forecasts(SchedulerState& state, Snapshots& snapshots) : state_(state), snapshots_(snapshots) {}

  // Notes the queue when its forecast is to be made anew before mail for it is accepted. `more`: recipients that come with the mail.
  void note_stale(const queue::QueueKey&, std::uint64_t more, Stale&);
  // Then `then` runs, as a job. REQUIRES: some are stale.
  void renew(const Stale&, Job then);
  std::string opens_text(const queue::QueueKey&);  // "google opens about …" when that is worth telling, else empty
  std::string full_text(const queue::QueueKey&);   // the same when its mail would wait longer than max_wait, else empty
  void forget();                                   // a lane's state changed
  void release();                                  // what waits for forecasts goes on without them: nothing is accepted any more
  void abandon() { under_way_.clear(); }

 private:
  struct PutAside {  // until forecasts are made
    std::size_t left;
    Job then;
  };
  bool may_be_held_up(const queue::QueueKey&);
  const QueueForecast* to_be_told(const queue::QueueKey&) const;  // null: none, or an old one
  using Made = std::map<ForecastOf, QueueForecast>;
  void start_round();
  awaitable<void> make(Stale, queue::QueueGroups, std::shared_ptr<const conf::Config>, std::uint64_t change);
  void made(const Made&, std::uint64_t change);

  SchedulerState& state_;
  Snapshots& snapshots_;
  struct LastForecast {
    QueueForecast forecast;
    Instant learnt{};  // what is told is of this minute, also where nothing asked for it anew
  };
  std::map<ForecastOf, LastForecast> known_;
  std::map<ForecastOf, std::vector<std::shared_ptr<PutAside>>> under_way_;
  Stale wanted_;               // in the next round
  bool making_ = false;        // a round is under way: one at a time, so that the copies of one are held at most
  std::uint64_t changes_ = 0;  // of lanes, so far
};

}  // namespace mta
