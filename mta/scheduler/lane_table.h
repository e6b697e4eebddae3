// mta/scheduler/lane_table.h — every lane of this host, as it stands now.
//
// What      Lanes by source and provider, with their rules, loaded when they are needed; what they permit; reservations, charges and
//           refunds in a lane and in its source's total; which source has the lanes of which address.
// Units     Recipients; instants are scheduling time.
// Promise   A lane that is handed out is brought to the present: its day is today, by the rules of the configuration in force. Whoever
//           changes one gets it from change() or a function here, which see to it that its row joins the batch at hand. Lanes without
//           connections leave memory when there are many. An inquiry makes no lane.
// Errors    A row that does not decode is corruption: broken_promise.
// Source    WARMUP.md §1–§4.
// Not here  the rules (warmup/), which of a pool's lanes takes the mail (scheduler_lanes.cpp).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mta/scheduler/identities.h"
#include "mta/scheduler/lanes.h"
#include "mta/scheduler/parts.h"
#include "mta/scheduler/plans.h"
#include "mta/scheduler/transaction.h"
#include "warmup/advance.h"
#include "warmup/gate.h"
#include "warmup/lane_command.h"

namespace mta {

class LaneTable {
 public:
  struct Observers {
    std::function<void(const LaneKey&, const warmup::Changes&)>
        changed;  // its state, with at least one change; the events are told
    std::function<void(const LaneKey&)> new_day;
    std::function<bool(const LaneKey&)> is_wanted;  // a queue waits for it in memory
  };
  LaneTable(World, const Policy&, std::shared_ptr<queue::Store>, Transaction&);
  void set_observers(Observers observers) { observers_ = std::move(observers); }

  const Lane& at(const LaneKey&);
  Lane& change(const LaneKey&);
  const std::map<LaneKey, Lane>& all() const { return lanes_; }  // in memory, as they were looked at last
  void look_at_all();                                            // their days end in time, whether or not mail moves
  std::optional<LaneKey> total_of(const LaneKey&) const;         // the source's total, when it has one in which this lane counts
  std::string total_text(const std::string& source) const;       // "all mail by ip-1"
  const Plans& plans() const { return *plans_; }
  const conf::Provider& limits(const std::string& provider) const { return policy_.providers->limits(provider); }

  warmup::Answer permit(const LaneKey&, const warmup::Ask&);                                 // by the lane and its total
  bool is_scarce(const LaneKey&);                                                            // it may refuse a permit
  std::optional<warmup::Recipients> left_on(const LaneKey&, const std::string& mail_class);  // today; empty: no limit
  void note_would_hold(const LaneKey&, const warmup::Ask&);                                  // observe mode
  void on_ledgers(const LaneKey&, const std::function<void(warmup::Lane&)>& count);          // the lane and its total
  bool has_place(const queue::Recipient&, const std::string& lane_row) const;
  void free_place(const std::string& mail_class, queue::Recipient&);  // that was kept for it, if any
  warmup::LaneCommandResult apply(const LaneKey&, const warmup::LaneCommandRequest&, bool alert = false);
  void tell(const LaneKey&, const warmup::Changes&);                    // events and log of what befell it
  std::set<LaneKey> take_freed() { return std::exchange(freed_, {}); }  // that may have room for more since the last call
  void free(const LaneKey& key) { freed_.insert(key); }

  // Connections of a lane; its row is not touched.
  void opened(const LaneKey& key) { ++lane(key).open; }
  void closed(const LaneKey&);
  void start_no_message_before(const LaneKey& key, Instant at) { lane(key).next_start = at; }
  void answered(const LaneKey& key) { lane(key).succeeded(limits(key.provider)); }
  void failed(const LaneKey& key) { lane(key).failed(); }
  void one_connection_until(const LaneKey& key, Instant at) { lane(key).limited_until = at; }

  // The source that has this address now, else the one that had it; the identity itself when none did.
  std::string source_with(const std::string& identity) const;
  void forget_open();                   // at start: what is open was charged
  void start();                         // lanes go over to other addresses; called once, with no lane in memory
  void load_known();                    // so that status shows them
  void before_reload();                 // notes which addresses the sources have
  std::map<LaneKey, LaneKey> reload();  // the configuration in force is the new one; what each lane in memory is called now
  void flush(queue::Batch&);

  // While it stands, lanes that nothing is known of are let go again at its end.
  class Inquiry {
   public:
    explicit Inquiry(LaneTable& table) : table_(table) { table_.invented_ = &invented_; }
    ~Inquiry();
    Inquiry(const Inquiry&) = delete;
    Inquiry& operator=(const Inquiry&) = delete;

   private:
    LaneTable& table_;
    std::vector<LaneKey> invented_;
  };

 private:
  Lane& lane(const LaneKey&);
  void load(const LaneKey&, Lane& into);
  void advance_to(const LaneKey&, Lane&);
  void flush_one(queue::Batch&, Lane&);
  const std::string& identity_of(const std::string& source);
  void take_over(bool at_start);
  void add_today(const LaneKey&, const warmup::Lane& of);

  World world_;
  const Policy& policy_;
  std::shared_ptr<queue::Store> store_;
  Transaction& transaction_;
  Observers observers_;
  std::unique_ptr<Plans> plans_;
  Identities addresses_;
  std::map<std::string, std::string> identities_;  // of sources, also of those that are gone
  std::map<LaneKey, Lane> lanes_;
  std::set<LaneKey> dirty_, freed_;
  std::vector<LaneKey>* invented_ = nullptr;  // of the inquiry that is being answered
};

}  // namespace mta
