// warmup/lane.h — everything that is known of one lane.
//
// What      The record of a lane (source × provider), or of a source's total over all providers: where it stands on its curve, what
//           it did today and on the days before, what holds it and why.
// Units     Recipients; instants UTC milliseconds of scheduling time; durations milliseconds.
// Promise   Plain values. Phase, brake and operator_hold are kept apart; what is shown is operator_hold > paused > cooling > held > phase.
// Errors    None.
// Source    WARMUP.md §1, §3, §4, §8.
// Not here  what changes it (gate.h, ledger.h, brake.h, advance.h, judge.h, lane_command.h), its bytes (lane_row.h).
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "warmup/curve.h"
#include "warmup/day.h"
#include "warmup/growth.h"
#include "warmup/health.h"
#include "warmup/hour.h"
#include "warmup/past_days.h"

namespace warmup {

enum class Phase { cold, warming, warm };
enum class Brake { none, cooling, paused };
enum class OperatorHold { none, held, paused };
std::string_view name(Phase);
std::string_view name(Brake);
std::string_view name(OperatorHold);

using ByName = std::map<std::string, Recipients, std::less<>>;

struct Evidence {  // what was said that led to the last change
  Instant at{};
  std::string text;  // "421 4.7.28 …"
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

struct Day {
  std::string date;  // "2026-11-20"; "2026-11-20b" where a change of zone made two days end on one date
  Instant started{}, ends{};
  unsigned stage = 0;
  Millionths growth = 0;            // with which it began; 0: the plan does not learn
  std::optional<Recipients> cap;    // of the curve; empty: warm, or no plan
  std::optional<Recipients> limit;  // what may be sent: the cap or the surge guard
  bool surged = false;              // the surge guard was below the cap, or what a warm lane may grow to
  Recipients sent = 0;              // charged
  Recipients delivered = 0;
  Recipients attempts = 0;    // recipients for whom RCPT was sent, but greylist retries and failed connections
  Recipients would_hold = 0;  // observe mode: recipients that left though the plan would have held them
  ByName sent_by_class;
  ByName sent_by_provider;  // statistics of a smarthost, which has one lane
  ByName outcomes;          // answers by verdict
  Tally health;             // distinct recipients by last verdict
  ByName bounced_senders;
  bool blocked = false;       // a confirmed reputation_block, or a listing that began
  bool bulk_stopped = false;  // hold_bounces was exceeded within the day: only reserved classes go on
  bool released = false;      // an operator let it go on: not held again within the day
  bool judged = false;        // its end was processed
  Duration braked{0};         // cooling or paused
  Duration longest_cool{0};
  std::map<std::string, Evidence, std::less<>> samples;  // the last reply of each bad verdict
  friend bool operator==(const Day&, const Day&) = default;
};

std::vector<Evidence> samples_of(const Day&, FailureKind);

// Recipients in conversation, and those that wait for a greylister with their place kept.
struct Open {
  Recipients reserved = 0, pending = 0;
  friend bool operator==(const Open&, const Open&) = default;
};

struct BrakeState {
  Brake state = Brake::none;
  Instant since{}, until{};
  Duration cooling{0}, pausing{0};              // the interval in force or last used; 0 = none
  Instant cooled_at{}, paused_at{};             // last begun
  Instant cooling_began{};                      // with the provider's first interval; longer ones followed
  Instant reopened_at{};                        // a probe ended the last brake then
  Instant counted{};                            // up to here it is in the day's `braked`
  bool probing = false;                         // one connection is out to see
  bool listed = false;                          // paused by a list that has to be asked for our removal
  unsigned connections = 0;                     // after a probe that went well: at most so many; 0 = no limit of ours
  Recipients clean = 0;                         // recipients since the last step of that
  std::string trigger;                          // the message that met it
  std::string suspect_sender, suspect_content;  // an unconfirmed reputation_block
  Instant suspected_at{};
  friend bool operator==(const BrakeState&, const BrakeState&) = default;
};

// What stood before the last automatic change, for `lane undo`.
struct Undo {
  std::string change;  // "stepped_back", …; "" = nothing to undo
  Phase phase = Phase::cold;
  unsigned stage = 0;
  bool stage_kept = false;
  std::string standing;
  Instant best_from{};
  Millionths growth = 0;
  std::vector<Millionths> steps;  // by which the stages that it lost had been climbed
  BrakeState brake;               // this and the rest when it was braked
  Instant day{};                  // began then; the rest is of that day
  bool blocked = false;
  Duration braked{0}, longest_cool{0};
  friend bool operator==(const Undo&, const Undo&) = default;
};

struct OperatorHoldState {
  OperatorHold state = OperatorHold::none;
  std::optional<Instant> until;
  std::string by, reason;
  friend bool operator==(const OperatorHoldState&, const OperatorHoldState&) = default;
};

// Time since this boot: it shows what the wall clock hides (a clock that was set, a host that slept).
struct Boot {
  std::string id;
  Duration since{0};
  friend bool operator==(const Boot&, const Boot&) = default;
};

// What counts as a best day beside those of the history.
struct BestDay {
  Recipients seed = 0;  // adoption, `lane set --stage`, a step back
  Instant seeded{};
  Instant from{};  // days that ended by then are none: it stepped back
  friend bool operator==(const BestDay&, const BestDay&) = default;
};

// Days without a delivery, as far as they were processed: a clock that jumps makes no lane idle.
struct IdleSpell {
  Duration lasted{0};
  unsigned stages_lost = 0;
  friend bool operator==(const IdleSpell&, const IdleSpell&) = default;
};

struct Lane {
  std::string plan;         // name, "" = none
  std::string curve_mark;   // of the curve it follows
  bool observed = false;    // today runs without enforcement
  bool stage_kept = false;  // the day before did not earn a stage, for a reason
  Phase phase = Phase::cold;
  unsigned stage = 0;
  Recipients stage_cap = 0;  // of that stage by that curve, also of a warm lane
  Growth growth;             // what it learned
  Day today;
  PastDays history;                               // days before today, oldest first, at most 35
  std::map<std::string, Open, std::less<>> open;  // by class
  Hour hour;                                      // charged in the last 60 minutes
  BrakeState brake;
  OperatorHoldState operator_hold;
  std::string reason;    // why it is not simply going on, "" when it is
  std::string standing;  // the same, brakes apart: what `reason` goes back to when a brake is let go
  std::vector<Evidence> evidence;
  bool acknowledged = false;
  Undo undo;
  BestDay best;              // beside what the days of the history delivered
  Instant last_delivered{};  // end of the last day that delivered
  IdleSpell idle;            // since then
  Instant opened_at{};       // today began, by the clock …
  Boot opened_boot;          // … and since boot
  Instant looked_at{};
  Boot clock_behind_since;  // since when the clock shows a time before all that is known of the lane; "" = it does not

  Recipients reserved() const;
  Recipients pending() const;
  Recipients reserved_of(std::string_view mail_class) const;
  Recipients pending_of(std::string_view mail_class) const;
  Recipients committed() const { return today.sent + reserved() + pending(); }
  std::string_view shown_state() const;
  std::string_view shown_state(
      bool planned) const;  // without a plan a lane warms up to nothing: "warm", but for brakes and operator holds
  friend bool operator==(const Lane&, const Lane&) = default;
};

// What a lane follows. `plan` null: no cap and no guard.
struct Rules {
  const PlanOptions* plan = nullptr;
  Curve curve;
  DayRule day;
  bool overall = false;  // a source's total: pace, hourly limit and advance, no health, no brakes
  const std::vector<ClassOptions>* classes = nullptr;
  RateRecovery recovery{};  // of the lane's provider

  bool enforced() const { return plan != nullptr && plan->enforce; }
  bool learns() const { return plan != nullptr && !overall && plan->learns(); }  // a total has no health to learn from
  const ClassOptions& mail_class(std::string_view name) const;                   // an unknown one is `bulk`
};

// Notes what stands before an automatic change, for `lane undo`.
void remember(Lane&, std::string change);

// A lane, or a source's total, with its rules: to be asked …
struct LaneView {
  const Lane* lane = nullptr;
  const Rules* rules = nullptr;
};
// … and to be changed.
struct LaneWithRules {
  Lane* lane = nullptr;
  const Rules* rules = nullptr;
  operator LaneView() const { return {lane, rules}; }  // what may be changed may be asked
};

// Something an operator should hear of: an event of type `lane`.
struct Change {
  std::string change;  // advanced held stepped_back cooled reopened paused resumed warmed decayed set
  std::string reason;
  std::vector<Evidence> evidence;
  bool alert = false;
};
using Changes = std::vector<Change>;

}  // namespace warmup
