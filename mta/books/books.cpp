#include "mta/books/books.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>

#include "mta/observe/event_file.h"
#include "mta/tasks.h"
#include "queue/keys.h"
#include "queue/totals.h"

namespace mta {

using queue::Family;

namespace {
constexpr std::size_t hot_bytes = 24U << 20U;
constexpr std::size_t route_room = 20'000;
constexpr std::size_t counts_in_memory = 20'000;
constexpr std::size_t lines_looked_at = 200;  // at once, by serve_held()
constexpr Duration room_pause = std::chrono::seconds(1);
constexpr Duration house_pause = std::chrono::hours(1);
constexpr std::string_view last_seq_key = "events/last";
constexpr std::string_view clock_key = "clock";
}  // namespace

Books::Books(World world, Policy policy, std::shared_ptr<queue::Store> store, BooksHooks hooks)
    : world_(world),
      policy_(std::move(policy)),
      store_(std::move(store)),
      hooks_(std::move(hooks)),
      inbox_(std::make_shared<Inbox>(world.threads.books(), [this] { after_drain(); })),
      commit_(std::make_shared<Commit>(world, store_)),
      hot_(hot_bytes),
      events_(0),
      lines_(
          store_,
          [this](const Line& line, const queue::RecipientId& id) {
            return line.key.kind == queue::LineKind::returning ? reporting_.contains(id) : in_flight_.contains(id);
          },
          [this] { return write_batch(); }),
      routes_(route_room),
      damaged_(*store_),
      plans_(std::make_unique<Plans>(policy_.config)) {}

Books::~Books() { abandon(); }

void Books::abandon() {
  inbox_->close();
  commit_->close();
  accepts_.clear();
  after_write_.clear();
  effects_.clear();
  returning_askers_.clear();
  for (auto& [id, conversation] : conversations_) conversation.idle.reset();
}

void Books::start() {
  auto alarm = [this](void (Books::*job)()) {
    return world_.calendar.alarm(world_.threads.books(),
                                 [this, job, inbox = inbox_] { inbox->put([this, job] { (this->*job)(); }); });
  };
  wake_alarm_ = alarm(&Books::wake_lines);
  house_alarm_ = alarm(&Books::housekeeping);
  room_alarm_ = alarm(&Books::check_room_again);
  started_ = true;
  note_plans();
  recover();
  inbox_->put([this] {  // from here on the books thread has them
    housekeeping();
    check_room(0);                                  // status says from the start whether there is enough
    serve_held("", ++walks_, Turns::most_tickets);  // those that are held have no tickets yet
  });
}

void Books::replace(Policy policy) {
  inbox_->put([this, policy = std::move(policy)]() mutable {
    for (const auto& [key, found] : lanes_) identity_of(key.source);  // of sources that may go
    policy_ = std::move(policy);
    plans_ = std::make_unique<Plans>(policy_.config);
    take_over_lanes(false);
    rename_lanes();
    for (auto& [key, found] : lanes_) found.rules.reset();
    routes_.clear();
    note_plans();
    turns_.clear();
    for (const auto& name : lines_.awake_lines()) {
      Line& line = lines_.open(name);
      line.queued ? want_turn(line) : enqueue(line);
    }
    serve_held("", ++walks_);
  });
}

void Books::note_plans() {
  const auto& sources = policy_.config->sources;
  has_plans_ = std::any_of(sources.begin(), sources.end(),
                           [](const conf::Source& source) { return !source.plan.empty() || !source.overall.empty(); });
}

// After a reload or an operator's hand what was held may go now. Lines that sleep are many, so some are looked at in each step, from the
// first to the last, `most` in all; those that wait for a time (a retry, a site) go on sleeping. The next walk begins anew.
void Books::serve_held(const std::string& from, std::uint64_t walk, std::size_t most) {
  if (walk != walks_ || stopping_) return;
  const auto now = world_.calendar.now();
  std::size_t seen = 0;
  std::string name;
  for (auto cursor = store_->scan(Family::lines, from, ""); cursor.valid(); cursor.next()) {
    name = cursor.key();
    if (seen++ == lines_looked_at) {
      inbox_->put([this, name, walk, most] { serve_held(name, walk, most); });
      return;
    }
    const auto record = queue::decode_line_record(cursor.value());
    ENSURE(record.has_value());
    const bool held = record->wake > now && record->low_water <= now && record->backoff == Duration(0) && !record->reason.empty();
    if (held && most-- == 0) return;
    if (held) enqueue(lines_.open(name));
  }
}

void Books::after_drain() {
  if (!started_) return;
  const Commit::Together one_sync(*commit_);
  if (full_ && !write_batch()) return;
  if (!commit_accepts()) return;
  pump();
  if (!write_batch(true)) return;
  start_idle_watch();
  arm_wake();
  open_conversations_ = conversations_.size();
}

// Rows that change with almost every decision are kept in memory; they join the batch when it is about to be written.
void Books::flush_rows() {
  lines_.flush(batch_, world_.calendar.now());
  flush_lanes();
  history_.flush(batch_);
}

bool Books::write_batch(bool cursor_alone) {
  flush_rows();
  if (totals_dirty_) {
    batch_.put(Family::meta, queue::totals_key, encode(queue::Totals{messages_, recipients_, space_.waits}));
    batch_.put(Family::meta, last_seq_key, queue::event_key(events_.last()));
  }
  const bool news = !batch_.empty();
  if (news || cursor_alone) store_event_cursor();
  if (!commit_->write(batch_)) {
    wait_for_room();
    return false;
  }
  totals_dirty_ = false;
  full_ = false;
  batch_.clear();
  unwritten_.clear();
  if (remaining_.size() > counts_in_memory) remaining_.clear();  // the store has them now
  lines_.written();
  for (auto& job : std::exchange(after_write_, {})) std::move(job)();
  if (news && on_events) effects_.push_back([this, seq = events_.last()] { on_events(seq); });
  if (!lines_to_log_.empty()) effects_.push_back([this, lines = std::exchange(lines_to_log_, {})] { on_lines(lines); });
  if (!effects_.empty()) {
    commit_->when_durable([effects = std::exchange(effects_, {})]() mutable {
      for (auto& effect : effects) std::move(effect)();
    });
  }
  return true;
}

void Books::wait_for_room() {
  if (!full_.exchange(true)) {
    spdlog::error("spool {}: no space left; nothing is accepted or taken until there is, outcomes are kept",
                  policy_.config->spool);
  }
  room_alarm_->set(world_.calendar.now() + room_pause);
}

void Books::report(Event what) {
  inbox_->put([this, what = std::move(what)] {
    event(what);
    if (hooks_.keep && std::holds_alternative<UnsignedEvent>(what)) hooks_.keep(batch_);
  });
}

void Books::housekeeping() {
  const auto now = world_.calendar.now();
  if (policy_.config->events.keep > Duration(0)) expire_events(batch_, *store_, now - policy_.config->events.keep);
  history_.expire(batch_, now, policy_.config->history.keep);
  watch_clock();
  for (auto& [key, found] : lanes_) lane(key);  // their days end in time, whether or not mail moves
  if (hooks_.keep) hooks_.keep(batch_);
  house_alarm_->set(now + house_pause);
}

void Books::watch_clock() {
  if (const auto jump = clock_.look(moment())) {
    event(ClockEvent{std::chrono::duration_cast<std::chrono::seconds>(jump->wall),
                     std::chrono::duration_cast<std::chrono::seconds>(jump->boot)});
    spdlog::warn("the clock was set: by it {} s have passed, since boot {} s; no day begins or is skipped because of it",
                 jump->wall.count() / 1000, jump->boot.count() / 1000);
  }
  batch_.put(Family::meta, clock_key, clock_.encode());
}

void Books::stop_taking() {
  inbox_->put([this] {
    stopping_ = true;
    std::vector<std::uint64_t> idle;
    for (const auto& [id, conversation] : conversations_) {
      if (conversation.idle) idle.push_back(id);
    }
    for (const auto id : idle) end_idle(id);
    for (auto& asker : std::exchange(returning_askers_, {})) answer<std::optional<Returning>>(std::move(asker), std::nullopt);
  });
}

// Twice through the log: the second time stores how far readers of events came with the first.
void Books::finish(std::function<void()> done) {
  inbox_->put([this, done = std::move(done)]() mutable {
    finished_ = true;
    if (hooks_.keep) hooks_.keep(batch_);
    effects_.push_back([this, done = std::move(done), inbox = inbox_]() mutable {
      inbox->put([this, done = std::move(done)]() mutable {
        effects_.push_back([done = std::move(done), executor = world_.threads.books()] { asio::post(executor, done); });
        store_event_cursor();
      });
    });
  });
}

// How far the file of events is, with every batch: what a kill repeats is what was written since the last one.
void Books::store_event_cursor() {
  if (!events_read_) return;
  batch_.put(Family::meta, EventFile::cursor_key, std::exchange(events_read_, std::nullopt)->encode());
}

void Books::events_read(EventCursor cursor) {
  inbox_->put([this, cursor = std::move(cursor)] { events_read_ = cursor; });  // when there is no other batch, one for it alone
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
  if (idle_watch_ || stopping_) return;
  const bool any =
      std::any_of(conversations_.begin(), conversations_.end(), [](const auto& row) { return row.second.idle.has_value(); });
  if (!any) return;
  idle_watch_ = true;
  auto job = std::make_shared<Job>([this] {
    idle_watch_ = false;
    expire_idle();
  });
  asio::co_spawn(world_.threads.books(), tick(world_.stopwatch, inbox_, std::move(job)), [](const std::exception_ptr&) {});
}

void Books::expire_idle() {
  const auto now = world_.stopwatch.now();
  std::vector<std::uint64_t> ended;
  for (const auto& [id, conversation] : conversations_) {
    if (conversation.idle && now - conversation.idle_since >= idle_longest) ended.push_back(id);
  }
  for (const auto id : ended) end_idle(id);
}

void Books::end_idle(std::uint64_t id) {
  effects_.push_back([asker = std::move(*std::exchange(conversations_.at(id).idle, {}))]() mutable {
    answer<std::optional<Assignment>>(std::move(asker), std::nullopt);
  });
  end_conversation(id);
}

}  // namespace mta
