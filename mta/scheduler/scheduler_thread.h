// mta/scheduler/scheduler_thread.h — the one writer: accept, take, settle.
//
// What      The doors of the scheduler: what comes in from submission, conversations, the router, bounce writers and operators becomes a job
//           on the scheduler's thread; behind each round of jobs the queues that are ready run and one transaction is written.
// Units     Recipients; instants are scheduling time.
// Promise   Store and memory agree after every round. Effects (250, first byte of an attempt, the next assignment) wait for the sync.
//           Destroying it has no durable effect.
// Errors    No space: nothing new is accepted or taken, outcomes are kept and written when there is room again. A row that cannot be
//           read: broken_promise.
// Source    DESIGN.md §3, §4, §7; §8, rule 9.
// Not here  what is decided (the parts), SMTP, DNS, verdicts; where bytes lie (queue/store.h).
#pragma once

#include <functional>
#include <memory>

#include "mta/deliver/desk.h"
#include "mta/doors/spool.h"
#include "mta/report/reports.h"
#include "mta/scheduler/clock_watch.h"
#include "mta/scheduler/lane_actions.h"
#include "mta/scheduler/recovery.h"
#include "mta/scheduler/scheduler.h"
#include "mta/scheduler/settlements.h"
#include "mta/scheduler/snapshot_copies.h"

namespace mta {

class SchedulerThread final : public Spool, public Desk {
 public:
  SchedulerThread(World, Policy, std::shared_ptr<queue::Store>, SchedulerHooks);
  ~SchedulerThread() override;
  void start();          // recovers what a crash left, begins to take
  void replace(Policy);  // reload; from any thread
  void stop_taking();    // no new conversations; those that wait for more end
  std::size_t conversations() const { return state_.conversations.count(); }  // from any thread
  void finish(std::function<void()> done);  // no new mail either; `done` runs on the scheduler's thread when all is synced
  // A crash: lets go of every coroutine that waits for us, unanswered, so that its frame can be destroyed while we still stand.
  void abandon();

  // Spool
  queue::MessageId new_id() override { return ids_.next(state_.now()); }
  awaitable<AcceptResult> keep(queue::MessageId, std::uint32_t number, std::string chunk) override;
  awaitable<Acceptance> accept(Incoming) override;
  void forget(queue::MessageId, std::uint32_t chunks) override;
  awaitable<std::string> wait_too_long(Draft) override;
  bool accepting() const override { return acceptor_.accepting(); }

  // Desk
  awaitable<std::optional<Assignment>> settle(Settlement) override;
  awaitable<bool> renew(std::uint64_t conversation) override;
  awaitable<bool> another_copy(std::uint64_t conversation, std::size_t recipients, Instant left) override;
  awaitable<std::string> chunk(queue::MessageId, std::uint32_t number) override;

  void routed(std::string domain, RouteAnswer);          // from any thread
  awaitable<std::optional<Returning>> next_returning();  // empty: shutting down
  void keep_returning(Returning);                        // its DSN could not be written now: later

  Instant now() const { return state_.now(); }  // scheduling time; from any thread
  // For operators; from any executor.
  Reports& reports() { return reports_; }
  awaitable<LaneCommandReport> lane_command(std::string source, std::string provider, warmup::LaneCommandRequest);
  awaitable<QueueActionReport> act_on_queue(QueueFilter, std::string cursor, QueueAction, std::string by, std::string reason);

  void pause_overflows(std::string client);  // mail of ours came back from there
  void report(Event);                        // one that is not ours (refused at submission), written with the next batch
  void events_read(EventCursor);             // how far the file of events is; stored with the next batch; from any thread
  // Set before start(); both run on the syncer thread.
  void on_events(std::function<void(std::uint64_t synced_seq)> tell) { state_.transaction.on_events = std::move(tell); }
  void on_lines(std::function<void(const std::vector<MailLine>&)> tell) { state_.transaction.on_lines = std::move(tell); }

 private:
  void connect_parts();
  void after_drain();
  void housekeeping();
  void watch_clock();
  void start_idle_watch();

  SchedulerState state_;
  DiskWaits disk_waits_;
  Precedence precedence_;
  OverflowUse overflow_;
  HeldHeads held_;
  Routing routing_;
  Returns returns_;
  SpaceWatch space_;
  SnapshotCopies copies_;
  Forecasts forecasts_;
  Acceptor acceptor_;
  MailActions mail_actions_;
  Settlements settlements_;
  Scheduler scheduler_;
  LaneActions lane_actions_;
  Reports reports_;
  MessageIds ids_;
  Recovery recovery_;
  ClockWatch clock_;
  std::unique_ptr<Alarm> wake_alarm_, room_alarm_, house_alarm_;
  bool started_ = false, idle_watch_ = false;
};

}  // namespace mta
