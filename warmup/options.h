// warmup/options.h — what an operator may say about warm-up, as values.
//
// What      The keys of [[plan]] and [[class]] with their defaults, and those of [[provider]] that are about a way back.
// Units     Caps and stages count recipients per day; shares are 0…1; durations in milliseconds.
// Promise   A default-constructed value is the documented default.
// Errors    Checked by conf, which knows file and line.
// Source    WARMUP.md §2–§7, conf/example.toml.
// Not here  what the rules make of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace warmup {

using Duration = std::chrono::milliseconds;

enum class Advance { sending_days, calendar };
enum class Pace { even, none };

struct HealthBounds {  // shares of a day's recipients above which a stage is held, or stepped back
  double hold_deferrals = 0.05, hold_bounces = 0.03, hold_rejects = 0.05, hold_complaints = 0.001;
  double step_back_deferrals = 0.20, step_back_bounces = 0.10, step_back_complaints = 0.003;
};

struct PlanOptions {
  std::string name = "default";
  std::uint64_t start = 100;
  double growth = 1.2;
  double growth_max = 0;    // a lane may learn to grow by so much; 0: by `growth`, always
  double growth_min = 1.1;  // of a curve that learns
  std::uint64_t target = 50000;
  std::uint64_t max = 0;  // never more a day, beyond the target; 0: no such limit
  std::vector<std::uint64_t> table;
  std::string preset;
  Advance advance = Advance::sending_days;
  double use = 0.5;
  Pace pace = Pace::even;
  double hourly = 0.25, hourly_reserved = 0.5;  // the latter of a class within its reserve
  std::string timezone = "UTC";
  std::chrono::minutes day_start{0};
  HealthBounds health;
  unsigned step_back = 2;
  Duration idle_grace = std::chrono::hours(24 * 8);
  Duration idle_step = std::chrono::hours(24 * 2);
  Duration cold_after = std::chrono::hours(24 * 30);
  double surge = 2.0;
  bool enforce = true;
  std::map<std::string, PlanOptions> providers;  // [plan.providers.NAME]: the whole plan with the differences applied

  double most_growth() const { return growth_max > growth ? growth_max : growth; }
  bool learns() const { return table.empty() && preset.empty() && growth_max > growth; }
};

enum class Prefer { warm, warming };
enum class OnMaxWait { wait, overflow, bounce };
enum class WhenFull { accept, tempfail, overflow };

struct ClassOptions {
  std::string name;
  double reserve = 0.0;
  unsigned weight = 1;
  bool pace = true;
  Prefer prefer = Prefer::warming;
  Duration max_wait = std::chrono::hours(24 * 30);
  OnMaxWait on_max_wait = OnMaxWait::wait;
  WhenFull when_full = WhenFull::accept;
};

// How a lane finds its way back after a rate limit: of its provider, as providers tell it.
enum class Reopen { doubling, one_by_one };

struct RateRecovery {
  Duration cool = std::chrono::minutes(5);  // of the first refusal
  double cool_factor = 2.0;                 // of each further one; after an hour of them at least 2
  Duration cool_longest = std::chrono::hours(4);
  Reopen reopen =
      Reopen::doubling;       // connections after a probe that was taken: 1, 2, 4, then no limit of ours; or one more each time
  unsigned connections = 20;  // that the provider is given at most: there the way back ends
};

}  // namespace warmup
