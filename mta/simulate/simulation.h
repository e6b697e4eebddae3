// mta/simulate/simulation.h — the warm-up rules played over weeks, on mail in cohorts.
//
// What      Runs a configuration through a scenario: mail arrives, waits in lines, asks the lanes, is answered by receivers, retried,
//           overflows or ends; day by day.
// Units     Recipients; an attempt takes no time.
// Promise   Deterministic: the same configuration, scenario and seed give the same report. A line's head goes when a lane grants a
//           permit, with n = min(permit, recipients per message of the provider, the cohort). No network, no store, no clock.
// Errors    None: a scenario was checked when it was read.
// Source    DESIGN.md §6.2; WARMUP.md §1–§9.
// Not here  reading scenarios (scenario.h), what receivers do (models.h).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <queue>
#include <set>

#include "mta/simulate/mail.h"
#include "mta/simulate/models.h"
#include "mta/simulate/random.h"
#include "mta/simulate/scenario.h"
#include "warmup/claim.h"
#include "warmup/exempt.h"
#include "warmup/held.h"
#include "warmup/overflow.h"
#include "warmup/withheld_sender.h"

namespace mta::simulate {

class Simulation {
 public:
  // `receiver` null: the scenario's models.
  Simulation(const conf::Config&, const Scenario&, std::uint64_t seed, Receiver* receiver = nullptr);
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  Report play();  // once

 private:
  enum class Kind { day, deed, arrival, wake };  // at one instant in this order
  struct Event {
    Instant at{};
    Kind kind = Kind::wake;
    std::uint64_t number = 0;
    std::size_t index = 0;
    friend bool operator>(const Event& a, const Event& b) {
      return std::tuple(a.at, a.kind, a.number) > std::tuple(b.at, b.kind, b.number);
    }
  };
  struct Arrival {
    Line* line = nullptr;
    Recipients count = 0;
    std::string_view from_domain;
  };

  // simulation.cpp
  void schedule(Instant at, Kind, std::size_t index);
  Instant time_of(unsigned day, std::chrono::minutes at) const;
  void happen(const Event&);
  void close_day();
  void do_deed(const OperatorStep&);
  void wake_for(const Lane&);

  // arrivals.cpp
  void plan_day(unsigned day);
  void plan_arrivals(std::size_t stream, unsigned day);
  void plan_burst(const Burst&);
  Line& line_for(const std::string& to, const std::string& mail_class, const std::string& from_domain, const std::string& user);
  struct LineName {
    const conf::Pool* pool = nullptr;
    std::string provider;
    const warmup::ClassOptions* mail_class = nullptr;
    bool exempt = false, blocked = false;
    friend auto operator<=>(const LineName&, const LineName&) = default;
  };
  static LineName name_of(const Line& line, const Cohort& mail) {
    return {line.pool, line.provider, line.mail_class, line.exempt, mail.blocked};
  }
  Line& open_line(const LineName&, const conf::Source* bound_to, bool overflow);
  void expect(const Arrival&, Instant at);
  void arrive(const Arrival&);
  bool is_full(Line&);

  // serve.cpp
  bool serve(Line&, Recipients most);  // false: it sleeps
  struct Search {
    Way* way = nullptr;
    Recipients recipients = 0;
    bool probe = false;
    std::optional<warmup::Hold> hold;
  };
  Search look_for_lane(Line&, const Cohort& head);
  void give(Line&, const Search&, Recipients at_most);
  void sleep(Line&, Instant until);
  Instant rounded(const warmup::Hold&) const;

  // turns.cpp
  struct Place {
    warmup::Claim claim;
    std::size_t line = 0;
    friend bool operator<(const Place& a, const Place& b) {
      if (a.claim.stronger_than(b.claim)) return true;
      return !b.claim.stronger_than(a.claim) && a.line < b.line;
    }
  };
  using Places = std::set<Place>;
  warmup::Turn turn_of(const Line&) const;
  warmup::Claim claim_of(const Line&) const;
  void serve_awake();
  void enqueue(Line&);
  void no_longer_awake(const Line&);
  Line* strongest(Places&);

  // full.cpp
  bool release_pin(Line&, const Cohort& head);
  warmup::PoolRoom room_in_pool(Line& home);
  bool return_to_pool(Line&, const Cohort& head);
  void go_home(Line&, Lane& bound_to, Cohort);
  bool bounce_blocked(Line&, const Cohort& head);
  bool expire_head(Line&, const Cohort& head);
  bool relieve(Line&, const Cohort& head);
  Recipients overflow_takes(Line&);
  std::optional<Recipients> left_for(Line&);
  bool all_braked_for_long(Line&);
  bool overflows(Line&, Recipients ahead);

  // settle.cpp
  struct Part {  // what of an attempt got one answer
    Line& line;
    Lane& lane;
    Cohort cohort;
    bool probe = false;
  };
  void settle(Part, const SimulatedReply&);
  void keep_ledgers(Part&, const SimulatedReply&);
  static std::optional<warmup::Verdict> counted_before(const Part&);
  void hear(const Part&, const SimulatedReply&);
  Duration withhold(const Part&, const SimulatedReply&);
  std::optional<Instant> withheld_until(const Line&, const Cohort& head) const;
  void react(const Part&, const SimulatedReply&);
  void tally(const Part&, const SimulatedReply&, warmup::Action);
  void wait_in_place(Part&);
  void wait_blocked(Part&, bool was_blocked);
  void retry_later(Part&, Duration interval);
  void end(const Part&, Recipients Counts::*fate);
  void close_site(Line&);
  void put(Line&, const Cohort&);
  Counts& counts(const Line& line) { return today_[line.provider]; }
  Report report();

  const conf::Config& config_;
  const Scenario& scenario_;
  std::string timezone_;
  warmup::DayRule day_rule_;
  std::vector<Instant> days_;  // beginnings; one more: the end
  Models models_;
  Receiver& receiver_;
  Random luck_, mail_luck_;
  Lanes lanes_;
  warmup::Exempt own_;  // domains
  std::vector<std::unique_ptr<Line>> lines_;
  std::map<std::tuple<LineName, const conf::Source*, bool>, Line*> known_lines_;
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Line*> routes_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<Arrival> arriving_;
  std::map<std::size_t, std::array<Places, 2>>
      awake_;                                   // by the ledger that lines share: others; unlisted sites that are one party
  std::vector<std::optional<Place>> awake_as_;  // by line
  std::vector<std::vector<double>> owed_;       // by stream and destination: fractions of recipients
  std::map<std::pair<std::string_view, std::string>, warmup::WithheldSender> withheld_;  // by From domain and provider
  std::map<std::string, Counts> today_;
  std::map<std::string, ClassReport> classes_;
  std::vector<DayReport> reports_;
  Instant now_{};
  std::uint64_t next_event_ = 0, next_mail_ = 0, attempts_ = 0;
};

// A day or more of `scenario`, played.
Report play(const conf::Config&, const Scenario&, std::uint64_t seed, Receiver* receiver = nullptr);

}  // namespace mta::simulate
