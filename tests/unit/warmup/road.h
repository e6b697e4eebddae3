// tests/unit/warmup/road.h — a lane that tests drive along.
//
// What      A Lane with its rules and a clock of its own, and verbs: pass, send, answer, refuse. What lanes report is collected.
// Units     Recipients; instants UTC. A road begins on Friday, 2026-11-20, at midnight UTC.
// Promise   now and the time since boot go on together, but for set_clock and reboot. Every verb rolls first.
// Errors    –
// Source    WARMUP.md.
// Not here  the rules.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "warmup/advance.h"
#include "warmup/brake.h"
#include "warmup/gate.h"
#include "warmup/lane_command.h"
#include "warmup/ledger.h"

namespace warmup {

using namespace std::chrono_literals;

Instant utc(const std::string& text);  // "2026-11-20 10:00"
std::string text_of(Instant);          // the same way back

// transactional and bulk as they are by default.
std::vector<ClassOptions> usual_classes();
PlanOptions with(const std::function<void(PlanOptions&)>& changes);
PlanOptions with_table(std::vector<Recipients> table);

class Road {
 public:
  explicit Road(PlanOptions plan = {}, Instant start = utc("2026-11-20 00:00"));
  Road(const Road&) = delete;
  Road& operator=(const Road&) = delete;

  LaneWithRules with_rules() { return {&lane, &rules}; }
  void advance_to();
  void pass(Duration);  // time goes by
  void pass_day();      // to the end of today
  void pass_days(unsigned n) {
    while (n-- > 0) pass_day();
  }
  void set_clock(Duration by);  // the wall's clock only
  void reboot();                // the time since boot begins anew
  void no_plan();               // the source loses its plan
  void follow(PlanOptions);     // a reload with another plan

  Answer ask(std::string_view mail_class = "bulk", Recipients n = 1);
  Recipients granted(std::string_view mail_class = "bulk", Recipients n = 1'000'000);  // 0 = held
  Hold held(std::string_view mail_class = "bulk", Recipients n = 1);                   // fails when it is not
  void take(Recipients n, std::string_view mail_class = "bulk");                       // fails when the gate would not
  void finish(Recipients n, Verdict verdict = Verdict::delivered, std::string_view mail_class = "bulk");  // of what was taken
  void send(Recipients n, std::string_view mail_class = "bulk");                                          // take and finish
  // As many as the gate lets through until the day ends, at most n, asking again whenever it says so.
  Recipients send_all_day(Recipients n, std::string_view mail_class = "bulk", Verdict verdict = Verdict::delivered);
  void answers(Verdict verdict, Recipients n);  // recipients were answered so (health), nothing else
  void use_day(Recipients n);                   // n delivered whatever the gate says, then the day ends

  Refusal refusal(std::string message = "m1");  // by a conversation that begins now
  void rate_limit();                            // by such
  void block(std::string message, std::string sender, bool at_once = false);
  void meet_listing(std::string text = "550 5.7.606 banned, ask for removal at https://sender.office.com/ (AS1)");
  void probe_meets(Verdict verdict);  // a probe leaves when it may, and is answered so
  LaneCommandResult hand(LaneCommand, std::optional<unsigned> stage = std::nullopt, std::optional<Duration> lasts = std::nullopt);

  bool said(std::string_view change) const;  // since forget()
  unsigned times_said(std::string_view change) const;
  void forget() { changes.clear(); }

  Lane lane;
  std::unique_ptr<PlanOptions> plan;
  std::vector<ClassOptions> classes = usual_classes();
  Rules rules;
  Instant now;
  Boot boot{"boot-1", 100h};
  Changes changes;

 private:
  void keep(Changes);
};

// A lane at a stage, with the history that brought it there.
std::unique_ptr<Road> at_stage(unsigned stage, PlanOptions plan = {});

}  // namespace warmup
