// mta/simulate/lanes.h — the lanes of a season and their ledgers.
//
// What      One SimulatedLane per (source, provider) and one per source's total, made when mail for it comes; asks the gate for permits, keeps
//           the ledgers, notes what happens to them and how their days ended.
// Units     Recipients; instants UTC.
// Promise   The rules are those of warmup/: nothing here decides. An answer of the gate is asked for anew only when it may have changed.
// Errors    None.
// Source    WARMUP.md §1–§4; DESIGN.md §6.2.
// Not here  which lane carries what (simulation.cpp), what a verdict means (outcomes.cpp).
#pragma once

#include <functional>
#include <memory>

#include "conf/followed_plans.h"
#include "mta/simulate/report.h"
#include "warmup/gate.h"
#include "warmup/queue_shares.h"
#include "warmup/total.h"

namespace mta::simulate {

struct SimulatedLane {
  std::string source, provider;  // of a source's total the name by warmup/total.h
  std::size_t index = 0;
  const warmup::Rules* rules = nullptr;
  SimulatedLane* total = nullptr;
  std::vector<SimulatedLane*> named;  // of a total over everything: lanes of listed providers that count in it
  bool overflow = false;              // only as such
  Recipients per_message = 1;
  std::size_t pools = 1;  // that may use it
  warmup::Lane record;
  warmup::QueueShares shares;
  std::uint64_t changed = 0, opened = 0;  // grow: with anything; when more may be granted than was said
  std::vector<std::size_t> queues;        // that may use it
  std::vector<LaneDay> days;              // that ended
  Instant noted{};                        // when the last of them began
  std::optional<Instant> warm;

  warmup::LaneWithRules with_rules() { return {&record, rules}; }
  // Which of its pools had what: the record knows it where there is one.
  void took(const std::string& pool, const std::string& mail_class, Recipients n) {
    if (pools > 1) shares.took(pool, mail_class, n, record.today.started);
  }
  void gave_back(const std::string& pool, const std::string& mail_class, Recipients n) {
    if (pools > 1) shares.gave_back(pool, mail_class, n, record.today.started);
  }
};

// Of the mail that met the refusal for which the lane brakes; a number that no mail has when none did.
std::uint64_t trigger_of(const SimulatedLane&);

struct LaneAnswer {  // a queue's view of a lane, with the gate's last answer
  SimulatedLane* lane = nullptr;
  warmup::Answer answer;
  Instant asked{};
  std::uint64_t changed = 0, opened = 0;
  bool known = false;
};

class Lanes {
 public:
  using Opened = std::function<void(const SimulatedLane&)>;  // mail that waits for it may go sooner than it was told
  Lanes(const conf::Config&, Opened);

  SimulatedLane& open(const conf::Source&, const std::string& provider, bool overflow);
  void bring(SimulatedLane&, Instant now);  // days that ended; the total's too
  void bring_all(Instant now);
  const warmup::Answer& ask(LaneAnswer&, const warmup::Ask&,
                            Instant now);  // REQUIRES: asked for the same class and size every time

  // What an attempt does to the ledgers, the lane's and its total's.
  void reserve(SimulatedLane&, std::string_view mail_class, Recipients, bool has_place);
  void charge(SimulatedLane&, std::string_view mail_class, Recipients, Instant now);
  void refund(SimulatedLane&, std::string_view mail_class, Recipients);
  void keep_slots(SimulatedLane&, std::string_view mail_class, Recipients);
  void drop_slots(SimulatedLane&, std::string_view mail_class, Recipients);
  void on_ledgers(SimulatedLane&, const std::function<void(warmup::Lane&)>&);
  void note(SimulatedLane&, const warmup::Changes&, Instant now);
  void let_go(SimulatedLane&);  // more may be granted now

  std::optional<Recipients> left_today(SimulatedLane&, std::string_view mail_class, Instant now);
  const std::vector<std::unique_ptr<SimulatedLane>>& all() const { return lanes_; }
  std::vector<Notice> take_notices() { return std::move(notices_); }
  const std::map<std::string, std::size_t>& changes() const { return changes_; }

 private:
  SimulatedLane& make(const conf::Source&, const std::string& provider, const warmup::Rules*);
  SimulatedLane* open_total(const conf::Source&, warmup::Total);
  void note_days(SimulatedLane&);

  const conf::Config& config_;
  conf::FollowedPlans plans_;
  Opened opened_;
  std::map<std::pair<std::string, std::string>, SimulatedLane*> known_;
  std::vector<std::unique_ptr<SimulatedLane>> lanes_;
  std::vector<Notice> notices_;
  std::map<std::string, std::size_t> changes_;
};

}  // namespace mta::simulate
