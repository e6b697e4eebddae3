#include "tests/sim/world/loop.h"

#include <fmt/format.h>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>

#include "mta/doors/tasks.h"

namespace mta::sim {

namespace {
constexpr std::size_t kept_lines = 400, kept_width = 240;

std::string printable(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kept_width)) {
    if (c == '\r')
      line += "\\r";
    else if (c == '\n')
      line += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      line += '?';
    else
      line += c;
  }
  if (text.size() > kept_width) line += fmt::format("… ({} octets)", text.size());
  return line;
}
}  // namespace

Loop::Loop() : outside_(std::make_unique<Context>()) {
  processes_.push_back(std::make_unique<Context>());
  const char* wish = std::getenv("SIM_LOG");
  loud_ = wish != nullptr && *wish != '\0';
}

Loop::~Loop() { end(); }

void Loop::end() {
  for (const auto& process : processes_) kill(*process);
  kill(*outside_);
}

Executor Loop::outside() { return outside_->get_executor(); }
Executor Loop::process() { return processes_.back()->get_executor(); }

bool Loop::alive(const Executor& executor) const {
  const auto& context = asio::query(executor, asio::execution::context);
  for (const auto& process : processes_)
    if (process.get() == &context) return !process->dead;
  return true;
}

// Handlers that wait here go first: their frames are unwound by a post to the context, which die() then empties. So it is with what
// was posted to a dead one by a destructor: it goes now, while what it refers to still stands.
void Loop::kill(Context& context) {
  context.dead = true;
  std::vector<Parked> doomed;
  for (auto at = parked_.begin(); at != parked_.end();) {
    const bool its = &asio::query(at->second.executor, asio::execution::context) == &context;
    if (its) doomed.push_back(std::move(at->second));
    at = its ? parked_.erase(at) : std::next(at);
  }
  doomed.clear();
  context.die();
}

void Loop::kill_process() {
  kill(*processes_.back());
  processes_.push_back(std::make_unique<Context>());
}

Loop::TimerId Loop::at(Time when, std::function<void()> event) {
  const TimerId id = next_id_++;
  when = std::max(when, now_);
  timers_.emplace(TimerKey{when, id}, std::move(event));
  timer_times_.emplace(id, when);
  return id;
}

void Loop::cancel(TimerId& id) {
  const auto known = timer_times_.find(std::exchange(id, 0));
  if (known == timer_times_.end()) return;
  timers_.erase(TimerKey{known->second, known->first});
  timer_times_.erase(known);
}

void Loop::count_event() {
  ++events_;
  if (++events_at_instant_ > most_events_at_one_instant || events_ > most_events)
    throw LoopStuck(
        fmt::format("livelock: {} events, {} of them at {} µs\n{}", events_, events_at_instant_, now_.count(), tail()));
}

bool Loop::step() {
  process_first_ = !process_first_;  // in turn, so that neither starves the other
  Context* first = processes_.back().get();
  Context* second = outside_.get();
  if (!process_first_) std::swap(first, second);
  if (first->poll_one() == 0 && second->poll_one() == 0) return false;
  count_event();
  return true;
}

bool Loop::fire(Time last) {
  const auto first = timers_.begin();
  if (first == timers_.end() || first->first.first > last) return false;
  if (first->first.first > now_) now_ = first->first.first, events_at_instant_ = 0;
  const auto event = std::move(first->second);
  timer_times_.erase(first->first.second);
  timers_.erase(first);
  count_event();
  event();
  return true;
}

bool Loop::run_until(const std::function<bool()>& done) {
  while (!done()) {
    rethrow();
    if (!step() && !fire(Time::max())) return done();
  }
  rethrow();
  return true;
}

void Loop::settle() {
  while (step()) rethrow();
}

void Loop::pass(Duration span) {
  const Time end = now_ + span;
  while (step() || fire(end)) rethrow();
  if (end > now_) now_ = end, events_at_instant_ = 0;
}

void Loop::rethrow() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Loop::spawn(const Executor& executor, std::string name, awaitable<void> task) {
  asio::co_spawn(executor, std::move(task), [this, name = std::move(name)](const std::exception_ptr& error) {
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const StreamLost& lost) {
      log("ended", name + ": " + lost.what());
    } catch (...) {
      if (!failure_) failure_ = error;
    }
  });
}

struct Loop::Initiate {
  Loop* loop;
  Slot* place;
  Executor executor;
  template <class Handler>
  void operator()(Handler&& handler) const {
    loop->park_handler(*place, asio::any_completion_handler<void()>(std::forward<Handler>(handler)), executor);
  }
};

void Loop::park_handler(Slot& place, asio::any_completion_handler<void()> handler, Executor executor) {
  ENSURE(place == 0);  // one waiter a place
  place = next_id_++;
  parked_.emplace(place, Parked{std::move(handler), std::move(executor)});
}

awaitable<void> Loop::park(Slot& place) {
  const Executor executor = co_await asio::this_coro::executor;
  const Initiate initiate{this, &place, executor};
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(initiate, asio::use_awaitable);
}

void Loop::wake(Slot& place) {
  const auto waiter = parked_.find(std::exchange(place, 0));
  if (waiter == parked_.end()) return;
  Parked parked = std::move(waiter->second);
  parked_.erase(waiter);
  asio::post(parked.executor, std::move(parked.handler));
}

awaitable<void> Loop::wait_until(Time when) {
  const auto place = std::make_shared<Slot>(0);  // shared: the timer outlives the frame when the process is killed
  at(when, [this, place] { wake(*place); });
  co_await park(*place);
}

void Loop::log(std::string_view kind, std::string_view text) {
  const auto add = [this](std::string_view octets) {
    for (const char c : octets) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    hash_ = (hash_ ^ 0xff) * 0x100000001b3ULL;
  };
  const auto microseconds = static_cast<std::uint64_t>(now_.count());
  hash_ = (hash_ ^ microseconds) * 0x100000001b3ULL;
  add(kind);
  add(text);
  tail_.push_back(fmt::format("{:>14.3f}s {:<8} {}", static_cast<double>(now_.count()) / 1e6, kind, printable(text)));
  if (loud_) fmt::print(stderr, "{}\n", tail_.back());
  if (tail_.size() > kept_lines) tail_.pop_front();
}

std::string Loop::tail(std::size_t lines) const {
  std::string text;
  for (std::size_t i = tail_.size() - std::min(lines, tail_.size()); i < tail_.size(); ++i) text += tail_[i] + "\n";
  return text;
}

}  // namespace mta::sim
