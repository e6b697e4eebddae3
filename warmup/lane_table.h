// warmup/lane_table.h — every lane of this host, as it stands now.
//
// What      Lanes by source and provider, and the ledgers of sender domains, with their rules, loaded when they are needed; what they permit;
//           reservations, charges and refunds in a lane, in its source's total and in the sender's ledger.
// Units     Recipients; instants are scheduling time.
// Promise   A lane that is handed out is brought to the present: its day is today, by the rules in force. A lane is changed through
//           change() or a function here, which see to it that it is saved with the next flush(). What has no connections leaves memory
//           when there is much of it, sender ledgers above all: they cost disk. An inquiry leaves no lane behind that it invented.
// Errors    closed() of a lane without an open connection: std::logic_error.
// Source    WARMUP.md §1–§4.
// Not here  the rules (gate.h, advance.h …), where rows are (LaneStore), which of a pool's lanes takes the mail (choose.h).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "warmup/advance.h"
#include "warmup/gate.h"
#include "warmup/lane_command.h"
#include "warmup/live_lane.h"
#include "warmup/sender.h"
#include "warmup/total.h"

namespace warmup {

// Where lanes are kept between starts.
class LaneStore {
 public:
  virtual ~LaneStore() = default;
  virtual std::string row_of(const LaneKey&) = 0;                         // the key of its row
  virtual std::optional<Lane> load(const std::string& row) = 0;           // with its history; empty: nothing is known of it
  virtual void save(const std::string& row, const Lane&, bool days) = 0;  // `days`: its history too
};

// Which rules a lane follows, by the configuration in force.
class LaneRules {
 public:
  virtual ~LaneRules() = default;
  virtual bool has_source(const std::string&) const = 0;
  // Of a lane or a total; null: a total that the source does not have.
  virtual std::shared_ptr<const Rules> rules_of(const LaneKey&) const = 0;
  virtual std::shared_ptr<const Rules> no_plan() const = 0;
  virtual Total total(const std::string& source) const = 0;  // which of the source's lanes count in it
  virtual unsigned most_connections(const std::string& provider) const = 0;
};

class LaneTable {
 public:
  struct LaneClock {
    std::function<Instant()> now;
    std::function<Moment()> moment;
  };
  struct Observers {
    std::function<void(const LiveLane&, const Changes&)> changed;  // with at least one change
    std::function<void(const LaneKey&)> new_day;
    std::function<bool(const LaneKey&)> is_wanted;  // it stays in memory
  };
  LaneTable(LaneStore& store, std::shared_ptr<const LaneRules> rules, LaneClock clock)
      : store_(store), rules_(std::move(rules)), clock_(std::move(clock)) {}
  void set_observers(Observers observers) { observers_ = std::move(observers); }

  const LiveLane& at(const LaneKey& key) { return lane(key); }
  LiveLane& change(const LaneKey&);
  const std::map<LaneKey, LiveLane>& all() const { return lanes_; }  // in memory, as they were looked at last
  void look_at_all();                                                // their days end in time, whether or not mail moves
  std::optional<LaneKey> total_of(const LaneKey&) const;    // the source's total, when it has one in which this lane counts
  std::string total_text(const std::string& source) const;  // "all mail by ip-1"

  Answer permit(const LaneKey&, const Ask&);                                         // by the lane and its total
  bool is_scarce(const LaneKey&);                                                    // it may refuse a permit
  std::optional<Recipients> left_on(const LaneKey&, const std::string& mail_class);  // today; empty: no limit
  void note_would_hold(const LaneKey&, const Ask&);                                  // observe mode
  void on_ledgers(const Ledgers&, const std::function<void(Lane&)>& count);          // and on the lane's total
  LaneCommandResult apply(const LaneKey&, const LaneCommandRequest&, bool alert = false);
  void tell(const LaneKey&, const Changes&);                            // its observers, when there are changes
  std::set<LaneKey> take_freed() { return std::exchange(freed_, {}); }  // that may have room for more since the last call
  void free(const LaneKey& key) { freed_.insert(key); }

  // Connections of a lane; its row is not touched.
  void opened(const LaneKey& key) { ++lane(key).open; }
  void closed(const LaneKey&);
  void start_no_message_before(const LaneKey& key, Instant at) { lane(key).next_start = at; }
  void answered(const LaneKey& key) { lane(key).succeeded(rules_->most_connections(key.provider)); }
  void failed(const LaneKey& key) { lane(key).failed(); }
  void one_connection_until(const LaneKey& key, Instant at) { lane(key).limited_until = at; }

  void forget_open();                              // at start: what is open was charged
  void add_today(const LaneKey&, const Lane& of);  // what was sent today under a lane that this one continues
  // The configuration in force is the new one; `name_now` says how the source of a lane is called by it. Returns what each lane in memory
  // is called now.
  std::map<LaneKey, LaneKey> reload(std::shared_ptr<const LaneRules>,
                                    const std::function<std::string(const LiveLane&)>& name_now);
  void flush();  // saves what changed

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
  LiveLane& lane(const LaneKey&);
  void load(LiveLane& into);
  void on_sender(const LaneKey&, const std::function<void(Lane&)>& count);
  void advance(LiveLane&);

  LaneStore& store_;
  std::shared_ptr<const LaneRules> rules_;
  LaneClock clock_;
  Observers observers_;
  std::map<LaneKey, LiveLane> lanes_;
  std::set<LaneKey> dirty_, freed_;
  std::vector<LaneKey>* invented_ = nullptr;  // of the inquiry that is being answered
};

}  // namespace warmup
