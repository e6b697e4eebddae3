#include "mta/scheduler/commit.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>

#include "queue/ensure.h"

namespace mta {

namespace {
constexpr Duration no_space_pause = std::chrono::milliseconds(500);
constexpr Duration mark_pause = std::chrono::milliseconds(100);

awaitable<void> pause_then(Stopwatch& stopwatch, Duration pause, Job next) {
  co_await stopwatch.wait_for(pause);
  std::move(next)();
}
}  // namespace

bool Commit::write(const queue::Batch& batch) {
  if (batch.empty()) return true;
  try {
    store_->write(batch);
  } catch (const queue::StoreError& error) {
    if (error.no_space) return false;
    spdlog::critical("spool: the write-ahead log failed: {}; stopping, a restart continues from what is durable", error.what());
    queue::broken_promise("the log can be written", __FILE__, __LINE__);
  }
  ++written_;
  return true;
}

void Commit::when_durable(Job release) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  waiters_.push_back({written_, std::move(release)});
  if (!syncing_ && !held_) start_sync();
}

void Commit::hold(bool on) {
  const std::lock_guard lock(mutex_);
  held_ = on;
  if (!held_ && !syncing_ && !waiters_.empty()) start_sync();
}

// REQUIRES: mutex_ held.
void Commit::start_sync() {
  syncing_ = true;
  asio::post(world_.threads.syncer(), [self = shared_from_this()] { self->sync_round(); });
}

void Commit::sync_round() {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
  }
  const std::uint64_t mark = written_;
  try {
    store_->sync(world_.calendar.now());
  } catch (const queue::StoreError& error) {
    if (!error.no_space) {
      spdlog::critical("spool: the write-ahead log cannot be synced: {}; stopping", error.what());
      queue::broken_promise("the log can be synced", __FILE__, __LINE__);
    }
    // The log could not grow: what waits goes on waiting; nothing is told that is not durable.
    asio::co_spawn(world_.threads.syncer(),
                   pause_then(world_.stopwatch, no_space_pause, [self = shared_from_this()] { self->sync_round(); }),
                   [](const std::exception_ptr&) {});
    return;
  }
  std::deque<SyncWaiter> ready;
  {
    const std::lock_guard lock(mutex_);
    while (!waiters_.empty() && waiters_.front().mark <= mark) {
      ready.push_back(std::move(waiters_.front()));
      waiters_.pop_front();
    }
    syncing_ = false;
    if (!waiters_.empty() && !held_) start_sync();
  }
  for (auto& waiter : ready) std::move(waiter.release)();
  mark_soon();
}

// Nothing waits for the mark: without it a loss of the last moment could not be told from a torn tail, that is all.
void Commit::mark_soon() {
  if (std::exchange(marking_, true)) return;
  asio::co_spawn(world_.threads.syncer(),
                 pause_then(world_.stopwatch, mark_pause,
                            [self = shared_from_this()] {
                              self->marking_ = false;
                              self->store_->sync_mark();
                            }),
                 [](const std::exception_ptr&) {});
}

void Commit::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  waiters_.clear();
}

}  // namespace mta
