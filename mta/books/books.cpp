#include "mta/books/books.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>

#include "mta/tasks.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;

namespace {
constexpr Duration room_pause = std::chrono::seconds(1);
constexpr Duration house_pause = std::chrono::hours(1);
constexpr std::string_view clock_key = "clock";
}  // namespace

Books::Books(World world, Policy policy, std::shared_ptr<queue::Store> store, BooksHooks hooks)
    : state_(world, std::move(policy), std::move(store), std::move(hooks), [this] { after_drain(); }),
      disk_waits_(state_.lines),
      precedence_(state_),
      overflow_(state_),
      held_(state_, overflow_),
      routing_(state_, disk_waits_, overflow_, held_),
      returns_(state_),
      space_(state_, [this](Instant at) { room_alarm_->set(at); }),
      forecasts_(state_),
      acceptor_(state_, {space_, routing_, overflow_, forecasts_, returns_}),
      mail_actions_(state_, held_, routing_),
      settlements_(state_, {precedence_, held_, mail_actions_}),
      scheduler_(state_, {precedence_, held_, routing_, returns_, disk_waits_}),
      lane_reports_(state_, overflow_, held_),
      lane_actions_(state_, {precedence_, scheduler_, lane_reports_}),
      reports_(state_, {forecasts_, lane_reports_, acceptor_, space_}),
      recovery_(state_, ids_, space_) {
  connect_parts();
}

// What an owner tells others when its state changes.
void Books::connect_parts() {
  state_.wake = [this](Line& line) { scheduler_.enqueue(line); };
  state_.mail.set_hooks(
      {state_.wake,
       [this](const std::string& mail_class, queue::Recipient& recipient) { state_.lanes.free_place(mail_class, recipient); },
       [this](std::uint64_t octets) { space_.note_erased(octets); }});
  const auto changed = [this](const LaneKey& lane, const warmup::Changes& changes) {
    forecasts_.forget();  // what is told to those who submit is true from now on
    const bool stops = std::any_of(changes.begin(), changes.end(),
                                   [](const warmup::Change& each) { return each.change == "cooled" || each.change == "paused"; });
    // Open conversations finish their message and close (warmup-rules §8).
    if (stops) settlements_.end_idle(state_.conversations.idle_of(lane));
  };
  state_.lanes.set_hooks({changed, [this](const LaneKey& lane) { precedence_.new_day(lane); },
                          [this](const LaneKey& lane) { return precedence_.is_wanted(lane); }});
  // Rows that change with almost every decision are kept in memory; they join the batch when it is about to be written.
  const auto before = [this](queue::Batch& batch) {
    state_.lines.flush(batch, now());
    state_.lanes.flush(batch);
    state_.mail.before_write(batch);
  };
  const auto after = [this] {
    state_.mail.written();
    state_.lines.written();
  };
  state_.transaction.set_members({before, after, [this] { room_alarm_->set(now() + room_pause); }});
}

Books::~Books() { abandon(); }

void Books::abandon() {
  state_.inbox->close();
  state_.transaction.abandon();
  acceptor_.abandon();
  returns_.abandon();
  state_.conversations.forget_idle();
}

void Books::start() {
  const auto alarm = [this](std::function<void()> job) {
    return state_.world.calendar.alarm(state_.world.threads.books(),
                                       [inbox = state_.inbox, job = std::move(job)] { inbox->put(Job(job)); });
  };
  wake_alarm_ = alarm([this] { scheduler_.wake_lines(); });
  house_alarm_ = alarm([this] { housekeeping(); });
  room_alarm_ = alarm([this] { space_.check_room(0); });
  started_ = true;
  precedence_.new_policy();
  if (const auto row = state_.store->get(Family::meta, clock_key)) clock_ = ClockWatch::decode(*row);
  recovery_.run();
  state_.inbox->put([this] {  // from here on the scheduler's thread has them
    housekeeping();
    space_.check_room(0);                          // status says from the start whether there is enough
    scheduler_.look_at_held(Turns::most_tickets);  // those that are held have no tickets yet
  });
}

void Books::replace(Policy policy) {
  state_.inbox->put([this, policy = std::move(policy)]() mutable {
    state_.lanes.before_reload();
    state_.policy = std::move(policy);
    settlements_.end_idle(state_.conversations.idle());  // they began with the old names
    state_.conversations.rename(state_.lanes.reload());  // those under way settle where they reserved
    forecasts_.forget();
    state_.routes.clear();
    precedence_.new_policy();
    for (const auto& name : state_.lines.awake_lines()) {
      Line& line = state_.lines.open(name);
      line.queued ? precedence_.want_turn(line) : scheduler_.enqueue(line);
    }
    scheduler_.look_at_held();
  });
}

void Books::after_drain() {
  if (!started_) return;
  auto& transaction = state_.transaction;
  const Commit::Together one_sync(transaction.commit());
  if (transaction.full() && !transaction.write()) return;
  if (!acceptor_.commit()) return;
  scheduler_.run_ready();
  if (!transaction.write(true)) return;
  start_idle_watch();
  if (const auto next = scheduler_.next_wake()) wake_alarm_->set(*next);
}

void Books::housekeeping() {
  auto& batch = state_.transaction.batch();
  const auto& config = state_.config();
  if (config.events.keep > Duration(0)) expire_events(batch, *state_.store, now() - config.events.keep);
  state_.mail.history().expire(batch, now(), config.history.keep);
  watch_clock();
  state_.lanes.look_at_all();
  if (state_.hooks.keep) state_.hooks.keep(batch);
  house_alarm_->set(now() + house_pause);
}

void Books::watch_clock() {
  if (const auto jump = clock_.look(moment_now(state_.world.calendar))) {
    state_.transaction.event(ClockEvent{std::chrono::duration_cast<std::chrono::seconds>(jump->wall),
                                        std::chrono::duration_cast<std::chrono::seconds>(jump->boot)});
    spdlog::warn("the clock was set: by it {} s have passed, since boot {} s; no day begins or is skipped because of it",
                 jump->wall.count() / 1000, jump->boot.count() / 1000);
  }
  state_.transaction.batch().put(Family::meta, clock_key, clock_.encode());
}

void Books::stop_taking() {
  state_.inbox->put([this] {
    state_.stopping = true;
    settlements_.end_idle(state_.conversations.idle());
    returns_.stop();
  });
}

// Twice through the log: the second time stores how far readers of events came with the first.
void Books::finish(std::function<void()> done) {
  state_.inbox->put([this, done = std::move(done)]() mutable {
    state_.finished = true;
    if (state_.hooks.keep) state_.hooks.keep(state_.transaction.batch());
    state_.transaction.after_sync([this, done = std::move(done), inbox = state_.inbox]() mutable {
      inbox->put([this, done = std::move(done)]() mutable {
        state_.transaction.after_sync(
            [done = std::move(done), executor = state_.world.threads.books()] { asio::post(executor, done); });
        state_.transaction.store_event_cursor();
      });
    });
  });
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

void Books::start_idle_watch() {
  if (idle_watch_ || state_.stopping || state_.conversations.idle().empty()) return;
  idle_watch_ = true;
  auto job = std::make_shared<Job>([this] {
    idle_watch_ = false;
    settlements_.end_idle(state_.conversations.idle_since(state_.world.stopwatch.now() - idle_longest));
  });
  asio::co_spawn(state_.world.threads.books(), tick(state_.world.stopwatch, state_.inbox, std::move(job)),
                 [](const std::exception_ptr&) {});
}

}  // namespace mta
