// warmup/forecast.h — when will what waits be gone?
//
// What      Plays a queue's lanes forward, day by day, by the rules: caps that advance while they are used, no vetoes. What waits beside
//           it for the same lanes and totals has its turns.
// Units     Recipients; days of the first lane.
// Promise   Pure: works on copies. Other classes go on at their mean of 7 sending days; brakes and pauses are honoured, and nothing goes
//           while one without an end is on.
// Errors    None: what is not gone within `days` has no end.
// Source    WARMUP.md §10.
// Not here  health, refusals: a forecast assumes that nothing goes wrong (simulate does not).
#pragma once

#include "warmup/lane.h"
#include "warmup/lane_key.h"

namespace warmup {

struct Outlook {
  std::string date;
  Instant started{}, ends{};
  Recipients cap = 0;  // over all lanes, for this class
  Recipients sent = 0;
  Recipients waiting = 0;   // at the day's end
  Instant opens{}, done{};  // when the first and the last of `sent` go, about
};

struct Forecast {
  std::vector<Outlook> days;
  std::optional<Instant> gone;  // when the last of what waits now goes; nothing when nothing waits
};

struct Rival {  // another class, or the same one of another pool, that waits for the same lanes
  std::string mail_class;
  Recipients waiting = 0;
};

struct Demand {
  std::string mail_class;
  Recipients waiting = 0;
  Recipients per_day = 0;  // that arrives
  unsigned days = 60;
  std::vector<Rival> rivals{};
};

// Queues alike that wait for the same total, together.
struct Elsewhere {
  Recipients queues = 1, waiting = 0;
  std::optional<LaneView> lane{};  // theirs, where it limits them too; else their need is all that does
  bool same_turn = false;          // they and we have one turn together
  std::optional<LaneKey> key{};    // of `lane`: forecasts that are made together play it once
};

// `lanes`: each with its rules and, when it counts, the source's total.
struct Way {
  LaneView lane, overall;  // overall.lane null: none
  std::vector<Elsewhere> beside{};
  std::string source{};  // whose lane it is; nothing here reads it
};
Forecast forecast(const std::vector<Way>& lanes, const Demand&, Instant now);

// Many at once, each as if it were made alone: what waits beside their queues for one total is played once, as far as it goes alike.
struct ForecastQuestion {
  std::vector<Way> lanes;
  Demand demand;
};
// `lane_days`: how many days of lanes beside were played.
std::vector<Forecast> forecasts(const std::vector<ForecastQuestion>&, Instant now, std::uint64_t* lane_days = nullptr);

// Of what waits now or comes within the days forecast: how many would go later than `max_wait` after they came. Nobody is counted
// whose time ends after the last day forecast.
Recipients late(const Forecast&, const Demand&, Duration max_wait, Instant now);

Recipients mean_of_sending_days(const Lane&, std::string_view but_class);  // what other classes send a day

}  // namespace warmup
