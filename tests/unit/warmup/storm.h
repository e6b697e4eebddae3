// tests/unit/warmup/storm.h — a lane and its source's total, and everything that may happen to them, from one seed.
//
// What      Rolls a plan, classes and a sequence of events: permits, answers of every kind, greylisting, days, crashes, brakes, the
//           operator's hand, a clock that is set. Beside the lanes it keeps plain books of its own and compares after every event.
// Units     Recipients; scheduling time.
// Promise   All chance is the seed's. A failure is an EXPECT in a trace that names the seed and the event.
// Errors    –
// Source    WARMUP.md §1–§8.
// Not here  the formulas (storm_oracle.h).
#pragma once

#include "road.h"

namespace warmup {

class Chance {  // SplitMix64
 public:
  explicit Chance(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  double fraction();
  std::uint64_t between(std::uint64_t least, std::uint64_t most);
  bool chance(double share) { return fraction() < share; }
  Duration some_time(Duration most);  // short ones are likelier

 private:
  std::uint64_t state_;
};

// What was met in a storm, so that a test can see that its seeds meet everything.
struct Met {
  std::uint64_t permits = 0, holds = 0, probes = 0, charged = 0, refunded = 0, kept = 0, retried = 0, crashed = 0, withdrawn = 0,
                late = 0;
  std::uint64_t days = 0, advanced = 0, stepped_back = 0, decayed = 0, jumps = 0, hands = 0, full_days = 0, learned = 0;
  Met& operator+=(const Met&);
};

class Storm {
 public:
  explicit Storm(std::uint64_t seed);
  void blow(unsigned events);
  const Met& met() const { return met_; }

 private:
  struct Charge {
    std::int64_t minute = 0;
    Instant at{};
    Recipients hourly = 0;  // the limit under which its permit was given
  };
  struct Ledger {
    PlanOptions plan;
    Rules rules;
    Lane lane;
    // What the test knows of it.
    std::map<Instant, ByName> charged;   // by the day's beginning
    std::map<Instant, Recipients> most;  // that may be charged on it
    std::map<std::string, Open> open;    // by class
    std::vector<Charge> hour;            // charged in the last hour, and a little more; one a recipient
  };
  struct Talk {  // a conversation
    std::string mail_class;
    Recipients count = 0;
    bool slots = false, probe = false;
    Instant began{}, permit_ends{};
    std::array<Recipients, 2> hourly{};  // limits: the lane's, the total's
  };

  void roll_plans();
  PlanOptions roll_plan(bool overall);
  void advance_to();
  void roll_ledger(Ledger&);
  void check_day_end(Ledger&, const Lane& before);
  void go_on(Duration);
  void take(bool greylisted);
  void check_permit(const Ask&, const Answer&);
  void finish();
  bool still_permitted(Talk&);
  void answer_all(Talk&);
  void answer_one(Talk&, Verdict verdict, Instant dot);
  void react(const Talk&, Verdict verdict);
  void charge_one(const Talk&, Instant dot);
  void withdraw(Talk&);
  void crash();
  void hand();
  void jump();
  void event();
  Recipients in_hour(const Ledger&) const;
  void check(Ledger&);
  void check_days(Ledger&);
  void check_hour(Ledger&) const;
  void check_row(const Ledger&) const;
  std::string some_class();
  std::array<LaneView, 2> with_rules() { return {LaneView{&lane_.lane, &lane_.rules}, LaneView{&total_.lane, &total_.rules}}; }

  Chance dice_;
  std::vector<ClassOptions> classes_;
  Ledger lane_, total_;
  std::vector<Talk> talks_;
  Instant now_ = utc("2026-11-20 00:00");
  Boot boot_{"boot", 100h};
  bool clock_is_set_ = false;  // in this storm the clock may be set
  bool quiet_ = false;         // with long times in which nothing is sent
  double ill_ = 0;             // share of answers that are bad
  std::uint64_t messages_ = 0;
  Met met_;
};

}  // namespace warmup
