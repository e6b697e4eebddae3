// mta/books/books.h — the one writer: accept, take, settle.
//
// What      Decides what happens to mail, writes the decision as one batch, applies it to memory in the same step. Everything below
//           the doors of Spool and Desk runs on the books thread.
// Units     Recipients; instants are scheduling time.
// Promise   Store and memory agree after every drain. Effects (250, first byte of an attempt, the next assignment) wait for the sync.
//           Destroying it has no durable effect.
// Errors    No space: nothing new is accepted or taken, outcomes are kept and written when there is room again. A row that cannot be
//           read: broken_promise.
// Source    design §3, §3.2, §5; style 9.
// Not here  SMTP, DNS, verdicts; where bytes lie (queue/store.h).
#pragma once

#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>

#include "mta/books/clock_watch.h"
#include "mta/books/commit.h"
#include "mta/books/damaged.h"
#include "mta/books/history_book.h"
#include "mta/books/hot_mail.h"
#include "mta/books/identities.h"
#include "mta/books/lanes.h"
#include "mta/books/lines.h"
#include "mta/books/parts.h"
#include "mta/books/plans.h"
#include "mta/books/queries.h"
#include "mta/books/route_cache.h"
#include "mta/books/search.h"
#include "mta/books/space.h"
#include "mta/books/turns.h"
#include "mta/books/wake_spread.h"
#include "mta/books/withheld.h"
#include "mta/desk.h"
#include "mta/observe/event_file.h"
#include "mta/observe/events.h"
#include "mta/observe/mail_lines.h"
#include "mta/spool.h"
#include "warmup/advance.h"
#include "warmup/brake.h"
#include "warmup/gate.h"
#include "warmup/hand.h"
#include "warmup/overflow.h"

namespace mta {

class Books final : public Spool, public Desk {
 public:
  Books(World, Policy, std::shared_ptr<queue::Store>, BooksHooks);
  ~Books() override;
  void start();                                                      // recovers what a crash left, begins to take
  void replace(Policy);                                              // reload; from any thread
  void stop_taking();                                                // no new conversations; those that wait for more end
  std::size_t conversations() const { return open_conversations_; }  // from any thread
  void finish(std::function<void()> done);  // no new mail either; `done` runs on the books thread when all is synced
  // A crash: lets go of every coroutine that waits for us, unanswered, so that its frame can be destroyed while we still stand.
  void abandon();

  // Spool
  queue::MessageId new_id() override;
  awaitable<Kept> keep(queue::MessageId, std::uint32_t number, std::string chunk) override;
  awaitable<Acceptance> accept(Incoming) override;
  void forget(queue::MessageId, std::uint32_t chunks) override;
  awaitable<std::string> full_for(Draft) override;
  bool accepting() const override { return !finished_ && !full_ && !low_; }

  // Desk
  awaitable<std::optional<Assignment>> settle(Settlement) override;
  awaitable<bool> renew(std::uint64_t conversation) override;
  awaitable<std::string> chunk(queue::MessageId, std::uint32_t number) override;

  void routed(std::string domain, RouteAnswer);          // from any thread
  awaitable<std::optional<Returning>> next_returning();  // nothing: shutting down
  void keep_returning(Returning);                        // its DSN could not be written now: later

  Instant now() const;  // scheduling time; from any thread
  // For operators (queries.h); from any executor.
  awaitable<StatusReport> status();
  awaitable<QueuePage> list(QueueFilter, std::string cursor, std::size_t limit);
  awaitable<std::optional<MessageReport>> show(queue::MessageId);
  awaitable<std::vector<queue::Ended>> ends_of(queue::MessageId);  // of its recipients that left the queue, by number
  awaitable<FoundPage> find(FindFilter, std::string cursor, std::size_t limit);
  awaitable<std::vector<Gate>> lane_gates(GateWish);
  awaitable<ForecastReport> forecast(ForecastWish);
  awaitable<LaneHandReport> lane_hand(std::string source, std::string provider, warmup::HandWish);
  awaitable<std::vector<std::string>> lane_events(std::string source, std::string provider);  // JSON, oldest first
  awaitable<queue::Verified> verify();                                                        // the whole spool
  awaitable<HandReport> hand(QueueFilter, std::string cursor, Hand, std::string by, std::string reason);

  // Mail of ours came back from `client`: smarthosts that are an overflow and sent something lately may route it to us.
  void pause_overflows(std::string client);

  // An event (refused at submission), written with the next batch.
  void report(Event);
  void events_read(EventCursor);  // how far the file of events is; stored with the next batch; from any thread
  std::function<void(std::uint64_t synced_seq)> on_events;     // set before start(); runs on the syncer thread
  std::function<void(const std::vector<MailLine>&)> on_lines;  // likewise: lines of the log, which are true now

 private:
  // query.cpp
  awaitable<std::shared_ptr<const conf::Config>> config_now();
  StatusReport report_lanes();
  void look_ahead(StatusReport&);

  struct Conversation {
    LaneKey lane;
    std::string line;
    std::shared_ptr<const queue::Message> message;
    std::vector<std::pair<Addressee, Instant>> taken;  // with the due time of its row
    std::shared_ptr<const conf::Config> config;
    std::optional<Asker<std::optional<Assignment>>> idle;
    std::chrono::steady_clock::time_point idle_since{};
    unsigned messages = 0;
    bool probe = false;   // to see whether the lane's brake may be let go
    bool exempt = false;  // no ledger counts its recipients
    Instant begun{};      // the message at hand was taken then
  };

  // accept.cpp
  bool commit_accepts();
  void write_accept(queue::Batch&, PendingAccept&, std::vector<std::pair<std::string, queue::LineRow>>& inserted);
  queue::LineKey line_for(const queue::Message&, const queue::Recipient&);
  std::string pool_for(const queue::Message&, const queue::Recipient&) const;
  bool pool_hangs_on_from(const queue::Message&, const queue::Recipient&) const;

  // space.cpp
  void check_room(std::uint64_t octets);  // `octets` of a body are to be written
  void check_room_again() { check_room(0); }
  std::string why_not_accepting() const;
  void note_erased(std::uint64_t octets);
  void look_at_space();
  void begin_to_give_back();

  // serve.cpp
  void pump();
  Line* serve(Line&, bool preferred);
  bool serve_next();
  const conf::Pool* pool_of(const std::string& name) const;
  std::vector<LaneKey> lanes_of(const Line&) const;

  // slots.cpp
  Search look_for_lane(Line&, const queue::LineRow& head);
  void stand_by(Line&, const queue::LineRow& head, const Search&);
  void note_hold(Line&, const warmup::Hold&, const LaneKey&);
  void note_absent(Line&);
  void note_reason(Line&, std::string reason);
  std::string total_text(const LaneKey&) const;

  // order.cpp: which line goes first when not all can
  bool is_scarce(const LaneKey&);
  warmup::Turn turn_of(const queue::LineKey&, const LaneKey&, Instant due);
  CrowdKey crowd_of(const Line&, const LaneKey&, const LaneKey& ledger, Wants) const;
  warmup::Party party_of(const LaneKey&, const std::string& mail_class);
  void want_turn(Line&);
  void want_permit(Line&, const queue::LineRow& head, const Search&);
  void note_grant(const Line&, const LaneKey&, bool probe);
  const Ticket* first_of(const CrowdKey&);
  Line* stronger_than(Line&, const queue::LineRow& head, const LaneKey& granted);
  Line* better_probe(Line&, const queue::LineRow& head, const LaneKey& granted);
  bool only_trigger(Line&, const std::string& trigger);
  std::string next_waiting(const LaneKey&);
  void wake_strongest(const LaneKey& ledger);
  void wake_held(const LaneKey&, bool whatever_holds);
  void pass_turn_on(const Line&);
  Instant place_in_crowd(const Line&, const warmup::Hold&, const LaneKey&);

  // take.cpp
  std::deque<queue::LineRow> step_over_trigger(Line&, const std::string& trigger);
  void give(Line&, const Slot&);
  std::deque<queue::LineRow>::const_iterator another_than(const Line&, const std::string& trigger) const;
  void take_rows(Line&, std::uint64_t conversation, std::size_t most);
  bool expire_head(Line&, const queue::LineRow&);
  void enqueue(Line&);
  void wake_lines();
  void arm_wake();
  bool wait_on_disk(Line&, std::size_t waiting);
  void wait_for_lane(Line&, const queue::LineRow& head, const LaneKey&);
  void offer_waiting();
  void expire_idle();
  void end_idle(std::uint64_t id);
  void start_idle_watch();

  // settle.cpp
  void settle_now(Settlement, Asker<std::optional<Assignment>>);
  void settle_one(Conversation&, const Addressee&, Instant due, const Outcome&, const Settlement&);
  void note_absence(const std::string& source, const std::string& reason);
  void close_site(Line&, const std::string& reason, const std::string& said_by);
  void open_site(Line&);
  void feed_back(Conversation&, const Settlement&);
  void retry_later(Conversation&, Addressee, Instant due, Duration interval, AttemptReport);
  void end_conversation(std::uint64_t id);
  void hear(Conversation&, const queue::Recipient& before, const Outcome&);
  void hear_refusal(Conversation&, const SourceRefused&);
  void hear_denial(Conversation&, const std::string& text);
  void react(Conversation&, Verdict, const warmup::Refusal&, bool answered);
  void wait_in_place(Conversation&, Addressee, Instant due, AttemptReport);

  // blocked.cpp
  static bool is_blocked(const queue::Recipient&);
  queue::LineKey home_of(queue::LineKey, const queue::Recipient&) const;
  bool is_own(const queue::Recipient&) const;
  bool is_exempt(const Line&, const queue::LineRow& head);
  bool refile(Line&, const queue::LineRow& head);
  void block_recipient(Conversation&, const queue::Recipient& before, Addressee, Instant due, AttemptReport);
  void look_before_bounce(const queue::LineRow& head, Search&) const;
  bool bounce_blocked(Line&, const queue::LineRow& head);
  void bounce_waiting(const queue::Message&, const queue::LineRow&, queue::Recipient);

  // full.cpp
  bool release_pin(Line&, const queue::LineRow&);
  void unpin(const queue::Message&, queue::Recipient&);
  bool relieve(Line&, const queue::LineRow& head, Search&);
  bool warn_of_wait(Line&, const queue::LineRow& head, const warmup::Hold&);

  // overflow.cpp
  const conf::Source* overflow_of(const Line&);
  warmup::OverflowAnswer ask_overflow(const Line&, const conf::Source& overflow);
  bool may_overflow(const Line&, Instant due);
  bool to_overflow(Line&, const queue::LineRow& head, Search&);
  bool leaves_overflow(Line&, const queue::Recipient& head);
  std::optional<Instant> pool_opens(const queue::LineKey& home);
  bool return_to_pool(Line&, const queue::LineRow& head, Search&);
  void go_home(Line&, queue::LineRow, queue::Recipient);
  std::string overflow_line(const Line&, const conf::Source& overflow) const;
  std::optional<warmup::Recipients> left_for(const Line&);
  std::optional<warmup::Recipients> left_on(const LaneKey&, const std::string& mail_class);
  bool all_braked_for_long(const Line&);
  bool overflows(const Line&, std::uint64_t ahead);

  // withhold.cpp
  Duration withhold(Verdict, const Conversation&, const std::string& evidence);
  void no_longer_withhold(const Conversation&);
  const WithheldSenders::value_type* withheld_by(const Line&, const std::string& from_domain) const;
  std::optional<Instant> withheld_until(const Line&, const std::string& from_domain) const;
  bool is_withheld(Line&, const queue::LineRow&);

  // fate.cpp: ends and moves of one recipient
  void decide(const queue::Message&, std::uint32_t number, queue::Recipient, queue::Fate, Instant due, Ending = {});
  void finish(const queue::Message&, std::uint32_t number, const queue::Recipient&);
  void move(const queue::Message&, std::uint32_t number, queue::Recipient, Instant due, const std::string& line, Instant new_due);
  void insert_returning(const queue::RecipientId&);
  void write_settles(const std::vector<Incoming::Settled>&);
  bool wants_report(const queue::Message&, const queue::Recipient&, queue::Fate) const;
  void hand_one(Hand, const queue::Message&, const Addressee&, Instant due, const std::string& by, const std::string& reason);
  void event(const Event&);  // record.cpp, as the next four
  void note(const Event&);
  AttemptReport told_of(const Conversation&, const Addressee&, const Outcome&, const Settlement&);
  void tell_expired(const queue::Message&, std::uint32_t number, const queue::Recipient&);
  void record_end(const queue::Message&, std::uint32_t number, const queue::Recipient&, const Ending&);
  static std::string ascii_name(const std::string& domain);
  static const std::string& returning_line();

  // route.cpp
  void serve_unrouted(Line&);
  void serve_returning(Line&);
  void route_line(Line&, const std::string& domain, const RouteAnswer&);

  // recover.cpp
  void recover();
  void load_known_lanes();
  void sweep_chunks(std::uint64_t from, std::uint64_t last);
  void sweep_between(std::uint64_t from, std::uint64_t end);
  std::optional<std::string> last_key(queue::Family);

  // set_aside.cpp
  static const std::string& set_aside_line();
  void tell_damage();
  std::vector<DamageReport> report_damage() const;
  void note_damage(queue::MessageId, std::string_view what, const std::string& why);
  void note_damaged_body(queue::MessageId, std::uint32_t number, const std::string& why, bool gone);
  void set_aside(const queue::Message&, std::uint32_t number, queue::Recipient, Instant due);
  bool set_aside_head(Line&, const queue::LineRow&);
  std::uint64_t drop_unreadable(queue::MessageId, const std::string& by, const std::string& reason);

  // outlook.cpp, forecasts.cpp
  void describe_permit(const LaneKey&, LaneReport&);
  void add_line_gates(const Line&, const GateWish&, std::vector<Gate>&);
  void add_gates(const LaneKey&, const GateWish&, std::vector<Gate>&);
  void add_brakes(const warmup::Lane&, const Gate& whose, std::vector<Gate>&);
  LaneReport report_of(const LaneKey&);
  std::vector<warmup::Way> ways_of(const std::string& pool, const std::string& provider, const std::string& source);
  std::vector<warmup::Elsewhere> others_in_total(const std::string& source, const std::string& but);
  ForecastReport forecast_now(const ForecastWish&);
  ForecastReport forecast_of(const ForecastWish&);
  enum class Pinned { counted, not_counted };
  std::uint64_t ahead_of(const queue::LineKey&, Pinned);
  const QueueOutlook& outlook_of(const queue::LineKey&);
  bool may_be_held_up(const queue::LineKey&);
  std::string opens_text(const queue::LineKey&);
  std::string full_text(const Incoming&);
  std::string full_line_text(const queue::LineKey&);
  queue::LineKey where_it_waits(queue::LineKey);

  // rows.cpp
  std::shared_ptr<const queue::Message> message(queue::MessageId);
  std::optional<std::string> read(queue::Family, const std::string& key, queue::MessageId of);
  std::optional<queue::Recipient> recipient(const queue::RecipientId&);
  void put_recipient(const queue::RecipientId&, const queue::Recipient&);
  void erase_recipient(const queue::RecipientId&);

  // permits.cpp
  warmup::Moment moment() const;
  const std::string& identity_of(const std::string& source);
  std::string source_with(const std::string& identity) const;
  void take_over_lanes(bool at_start);
  void add_today(const LaneKey&, const warmup::Lane& of);
  bool has_place(const queue::Recipient&, const std::string& lane_row) const;
  Lane& lane(const LaneKey&);  // brought to the present
  void load_lane(const LaneKey&, Lane& into);
  void roll(const LaneKey&, Lane&);
  void rename_lanes();
  std::optional<LaneKey> overall_of(const LaneKey&) const;
  warmup::Answer permit(const LaneKey&, const warmup::Ask&);
  void note_would_hold(const LaneKey&, const warmup::Ask&);
  void on_ledgers(const LaneKey&, const std::function<void(warmup::Lane&)>&);
  void reserve_permit(Conversation&);
  void settle_permit(const Conversation&, queue::Recipient&, const Outcome&);
  std::string provider_for_statistics(const Conversation&, const queue::Recipient&);
  void give_slot_back(const std::string& mail_class, queue::Recipient&);
  std::string slot_kept_for(const queue::RecipientId&);
  void tell(const LaneKey&, Lane&, const warmup::Changes&);
  void end_idle_of(const LaneKey&);
  bool may_go_on(std::uint64_t conversation);
  const warmup::ClassOptions& class_of(const std::string& name) const;
  void flush_lanes();

  const conf::Provider& limits(const std::string& provider) const { return policy_.providers->limits(provider); }

  // books.cpp
  void after_drain();
  void flush_rows();
  // False: no space, the batch is kept. `cursor_alone`: writes where the file of events is though there is nothing else.
  bool write_batch(bool cursor_alone = false);
  void wait_for_room();
  void store_event_cursor();
  void housekeeping();
  void watch_clock();
  void note_plans();
  void serve_held(const std::string& from, std::uint64_t walk, std::size_t most = std::numeric_limits<std::size_t>::max());

  World world_;
  Policy policy_;
  std::shared_ptr<queue::Store> store_;
  BooksHooks hooks_;
  std::shared_ptr<Inbox> inbox_;
  std::shared_ptr<Commit> commit_;
  HotMail hot_;
  EventLog events_;
  HistoryBook history_;
  std::vector<MailLine> lines_to_log_;  // of the batch at hand
  queue::Batch batch_;
  std::map<queue::RecipientId, std::optional<queue::Recipient>>
      unwritten_;  // rows in the batch at hand, which the store does not show yet
  Lines lines_;
  RouteCache routes_;
  ClockWatch clock_;
  Damaged damaged_;
  std::unique_ptr<Plans> plans_;
  Identities addresses_;
  std::map<std::string, std::string> identities_;  // of sources, also of those that are gone
  std::map<LaneKey, Lane> lanes_;
  std::vector<LaneKey>* invented_ = nullptr;  // of a forecast: lanes that nothing is known of
  std::map<std::tuple<std::string, std::string, std::string>, QueueOutlook> outlooks_;   // by pool, provider, class
  std::map<std::tuple<std::string, std::string, std::string>, Instant> warned_of_wait_;  // likewise
  WithheldSenders withheld_;
  std::map<std::string, Instant> absent_;  // sources whose address is not on this host: not tried before
  std::set<LaneKey> dirty_lanes_, offer_;
  std::map<std::uint64_t, Conversation> conversations_;
  std::map<queue::RecipientId, InFlight> in_flight_;
  std::set<queue::RecipientId> reporting_;               // their DSN is being written
  std::map<queue::MessageId, std::uint32_t> remaining_;  // of messages with several recipients, while in memory
  std::vector<PendingAccept> accepts_;
  Turns turns_;
  bool has_plans_ = true;  // a source follows one: only then permits can be scarce before a brake
  WakeSpread wake_spread_;
  std::deque<std::string> fresh_, old_;                      // lines to serve: mail just came; its time came
  std::deque<std::string> route_waiting_;                    // unrouted lines beyond the number of look-ups at once
  std::deque<std::string> slot_waiting_;                     // lines beyond the number of conversations at once
  std::map<std::string, std::set<std::string>> looking_up_;  // domain → lines that wait for it
  std::deque<Asker<std::optional<Returning>>> returning_askers_;
  Instant returning_from_{};
  std::vector<Job> effects_;      // run after the sync of the batch at hand
  std::vector<Job> after_write_;  // run when the batch at hand is written
  Instant return_at_{};           // when the last line that waits on disk comes back
  unsigned returns_ = 0;          // how many do at that millisecond
  std::unique_ptr<Alarm> wake_alarm_, room_alarm_, house_alarm_;
  std::uint64_t next_conversation_ = 1, walks_ = 0;
  std::uint64_t messages_ = 0, recipients_ = 0;  // in the queue
  std::atomic<std::uint64_t> last_id_{0}, open_conversations_{0};
  std::atomic<bool> stopping_{false}, finished_{false}, full_{false}, low_{false};
  std::optional<EventCursor> events_read_;  // to be stored
  bool fresh_first_ = true, idle_watch_ = false, started_ = false, totals_dirty_ = false;
  Space space_;
};

}  // namespace mta
