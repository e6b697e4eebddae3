#include "mta/scheduler/scheduler_thread.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>

#include "mta/doors/tasks.h"
#include "mta/scheduler/lane_events.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;

namespace {
constexpr Duration room_pause = std::chrono::seconds(1);
constexpr Duration house_pause = std::chrono::hours(1);
constexpr std::string_view clock_key = "clock";
}  // namespace

SchedulerThread::SchedulerThread(World world, Policy policy, std::shared_ptr<queue::Store> store, SchedulerHooks hooks)
    : state_(world, std::move(policy), std::move(store), std::move(hooks), [this] { after_drain(); }),
      disk_waits_(state_.queues),
      precedence_(state_),
      overflow_(state_),
      held_(state_, overflow_),
      routing_(state_, disk_waits_, overflow_, held_),
      returns_(state_),
      space_(state_, [this](Instant at) { room_alarm_->set(at); }),
      copies_(state_, {overflow_, held_, acceptor_, space_}),
      forecasts_(state_, copies_),
      acceptor_(state_, {space_, routing_, overflow_, forecasts_, returns_}),
      mail_actions_(state_, held_, routing_),
      settlements_(state_, {precedence_, held_, mail_actions_}),
      scheduler_(state_, {precedence_, held_, routing_, returns_, disk_waits_}),
      lane_actions_(state_, {precedence_, scheduler_}),
      reports_(state_.world.work, state_.store, copies_),
      recovery_(state_, ids_, space_) {
  connect_parts();
}

// What an owner tells others when its state changes.
void SchedulerThread::connect_parts() {
  state_.wake = [this](Queue& queue) { scheduler_.enqueue(queue); };
  state_.mail.set_effects(
      {state_.wake, [this](const queue::Message& message, queue::Recipient& recipient) { state_.free_place(message, recipient); },
       [this](std::uint64_t octets) { space_.note_erased(octets); }});
  const auto changed = [this](const LiveLane& lane, const warmup::Changes& changes) {
    if (warmup::is_sender(lane.key)) return emit_sender_events(state_.transaction, *state_.store, lane, changes);
    emit_lane_events(state_.transaction, lane, changes);
    forecasts_.forget();  // what is told to those who submit is true from now on
    const bool stops = std::any_of(changes.begin(), changes.end(),
                                   [](const warmup::Change& each) { return each.change == "cooled" || each.change == "paused"; });
    // Open conversations finish their message and close (WARMUP.md §8).
    if (stops) settlements_.end_idle(state_.conversations.idle_of(lane.key));
  };
  state_.lanes.set_observers({changed, [this](const LaneKey& lane) { precedence_.new_day(lane); },
                              [this](const LaneKey& lane) { return precedence_.is_wanted(lane); }});
  // Rows that change with almost every decision are kept in memory; they join the batch when it is about to be written.
  const auto before = [this](queue::Batch& batch) {
    state_.queues.flush(batch, now());
    state_.lanes.flush();
    state_.mail.before_write(batch);
  };
  const auto after = [this] {
    state_.mail.written();
    state_.queues.written();
  };
  state_.transaction.set_members({before, after, [this] { room_alarm_->set(now() + room_pause); }});
}

SchedulerThread::~SchedulerThread() { abandon(); }

void SchedulerThread::abandon() {
  state_.inbox->close();
  state_.transaction.abandon();
  acceptor_.abandon();
  forecasts_.abandon();
  returns_.abandon();
  state_.conversations.forget_idle();
}

void SchedulerThread::start() {
  const auto alarm = [this](std::function<void()> job) {
    return state_.world.calendar.alarm(state_.world.threads.scheduler(),
                                       [inbox = state_.inbox, job = std::move(job)] { inbox->put(Job(job)); });
  };
  wake_alarm_ = alarm([this] { scheduler_.wake_queues(); });
  house_alarm_ = alarm([this] { housekeeping(); });
  room_alarm_ = alarm([this] { space_.check_room(0); });
  started_ = true;
  precedence_.new_policy();
  if (const auto row = state_.store->get(Family::meta, clock_key)) clock_ = ClockWatch::decode(*row);
  recovery_.run();
  state_.inbox->writer().begin();
  state_.inbox->put([this] {  // from here on the scheduler's thread has them
    housekeeping();
    space_.check_room(0);                          // status says from the start whether there is enough
    scheduler_.look_at_held(Turns::most_tickets);  // those that are held have no tickets yet
  });
}

void SchedulerThread::replace(Policy policy) {
  state_.inbox->put([this, policy = std::move(policy)]() mutable {
    state_.conversations.rename(state_.follow(std::move(policy)));  // those under way settle where they reserved
    settlements_.end_idle(state_.conversations.idle());             // they began with the old configuration
    forecasts_.forget();
    state_.routes.clear();
    precedence_.new_policy();
    for (const auto& name : state_.queues.awake_queues()) {
      Queue& queue = state_.queues.open(name);
      queue.queued ? precedence_.want_turn(queue) : scheduler_.enqueue(queue);
    }
    scheduler_.look_at_held();
  });
}

void SchedulerThread::after_drain() {
  if (!started_) return;
  auto& transaction = state_.transaction;
  const Commit::Together one_sync(transaction.commit());
  if (transaction.full() && !transaction.write()) return;
  scheduler_.offer_waiting();  // what waits for a connection is before what was just accepted
  if (!acceptor_.commit()) return;
  scheduler_.run_ready();
  if (!transaction.write(true)) return;
  start_idle_watch();
  if (const auto next = scheduler_.next_wake()) wake_alarm_->set(*next);
}

void SchedulerThread::housekeeping() {
  auto& batch = state_.transaction.batch();
  const auto& config = state_.config();
  if (config.events.keep > Duration(0)) expire_events(batch, *state_.store, now() - config.events.keep);
  state_.mail.history().expire(batch, now(), config.history.keep);
  watch_clock();
  state_.lanes.look_at_all();
  if (state_.hooks.keep) state_.hooks.keep(batch);
  house_alarm_->set(now() + house_pause);
}

void SchedulerThread::watch_clock() {
  if (const auto jump = clock_.look(moment_now(state_.world.calendar))) {
    state_.transaction.event(ClockEvent{std::chrono::duration_cast<std::chrono::seconds>(jump->wall),
                                        std::chrono::duration_cast<std::chrono::seconds>(jump->boot)});
    spdlog::warn("the clock was set: by it {} s have passed, since boot {} s; no day begins or is skipped because of it",
                 jump->wall.count() / 1000, jump->boot.count() / 1000);
  }
  state_.transaction.batch().put(Family::meta, clock_key, clock_.encode());
}

void SchedulerThread::stop_taking() {
  state_.inbox->put([this] {
    state_.stopping = true;
    settlements_.end_idle(state_.conversations.idle());
    returns_.stop();
  });
}

// Twice through the log: the second time stores how far readers of events came with the first.
void SchedulerThread::finish(std::function<void()> done) {
  auto again = [this, done = std::move(done)]() mutable {
    auto tell = [done = std::move(done), executor = state_.world.threads.scheduler()] { asio::post(executor, done); };
    state_.transaction.after_sync(std::move(tell));
    state_.transaction.store_event_cursor();
  };
  auto first = [this, again = std::move(again)]() mutable {
    state_.finished = true;
    forecasts_.release();  // mail that waits for one is refused with the rest
    if (state_.hooks.keep) state_.hooks.keep(state_.transaction.batch());
    auto synced = [inbox = state_.inbox, again = std::move(again)]() mutable { inbox->put(std::move(again)); };
    state_.transaction.after_sync(std::move(synced));
  };
  state_.inbox->put(std::move(first));
}

// Idle conversations are closed after two seconds: I/O time, so it is not the calendar's business.
namespace {
constexpr Duration idle_check = std::chrono::seconds(1);
constexpr Duration idle_longest = std::chrono::seconds(2);

awaitable<void> tick(Stopwatch& stopwatch, std::shared_ptr<Inbox> inbox, std::shared_ptr<Job> job) {
  co_await stopwatch.wait_for(idle_check);
  inbox->put(std::move(*job));
}
}  // namespace

void SchedulerThread::start_idle_watch() {
  if (idle_watch_ || state_.stopping || state_.conversations.idle().empty()) return;
  idle_watch_ = true;
  auto job = std::make_shared<Job>([this] {
    idle_watch_ = false;
    settlements_.end_idle(state_.conversations.idle_since(state_.world.stopwatch.now() - idle_longest));
  });
  asio::co_spawn(state_.world.threads.scheduler(), tick(state_.world.stopwatch, state_.inbox, std::move(job)),
                 [](const std::exception_ptr&) {});
}

}  // namespace mta
