// mta/simulate/season_events.h — what happens in a season, in the order of time.
//
// What      A queue of what is due at which instant.
// Units     Instants UTC.
// Promise   At one instant days end first, then the operator acts, then mail arrives, then queues wake; equals in the order in which they were
//           scheduled.
// Errors    next(), pop(): REQUIRE that something is left.
// Source    –
// Not here  what happens then (simulation.cpp).
#pragma once

#include <cstdint>
#include <queue>
#include <tuple>
#include <vector>

#include "warmup/lane.h"

namespace mta::simulate {

using warmup::Duration;
using warmup::Instant;
using warmup::Recipients;

enum class Happens { day, deed, arrival, wake };

struct SeasonEvent {
  Instant at{};
  Happens what = Happens::wake;
  std::uint64_t number = 0;  // by which it was scheduled
  std::size_t index = 0;     // of the day, deed, arrival or queue
  friend bool operator>(const SeasonEvent& a, const SeasonEvent& b) {
    return std::tuple(a.at, a.what, a.number) > std::tuple(b.at, b.what, b.number);
  }
};

class SeasonEvents {
 public:
  void schedule(Instant at, Happens what, std::size_t index) { events_.push({at, what, scheduled_++, index}); }
  bool empty() const { return events_.empty(); }
  Instant next() const { return events_.top().at; }
  SeasonEvent pop() {
    const SeasonEvent first = events_.top();
    events_.pop();
    return first;
  }

 private:
  std::priority_queue<SeasonEvent, std::vector<SeasonEvent>, std::greater<>> events_;
  std::uint64_t scheduled_ = 0;
};

}  // namespace mta::simulate
