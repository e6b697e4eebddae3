// mta/scheduler/inbox.h — the one way into the scheduler thread.
//
// What      Jobs from any thread, run in order of arrival on one executor; drained whole per wake-up.
// Units     –
// Promise   One wake-up (thread hop) serves all jobs that came since the last; `after_each_drain` runs once behind them.
// Errors    What a job cannot read of the spool ends the process, with a word in the log: the next start mends what can be mended.
// Source    DESIGN.md §4.1.
// Not here  what the jobs do.
#pragma once

#include <spdlog/spdlog.h>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "mta/doors/world.h"
#include "mta/scheduler/writer_thread.h"
#include "queue/ensure.h"
#include "queue/store.h"

namespace mta {

using Job = asio::any_completion_handler<void()>;  // a move-only callable
// A coroutine that asked and waits, with the executor it lives on.
template <class T>
struct PendingReply {
  asio::any_completion_handler<void(T)> handler;
  Executor home;

  PendingReply(asio::any_completion_handler<void(T)> to_resume, Executor of)
      : handler(std::move(to_resume)), home(std::move(of)) {}
  PendingReply(PendingReply&&) noexcept = default;
  PendingReply& operator=(PendingReply&& other) noexcept {  // the handler's own assignment calls itself for ever (Asio 1.24)
    if (this != &other) std::construct_at((std::destroy_at(this), this), std::move(other));
    return *this;
  }
  PendingReply(const PendingReply&) = delete;  // the handler would take a copy for a handler to wrap
  ~PendingReply() = default;
};

// Resumes the caller at home.
template <class T>
void reply(PendingReply<T> caller, T value) {
  auto home = caller.home;
  asio::post(home,
             [handler = std::move(caller.handler), value = std::move(value)]() mutable { std::move(handler)(std::move(value)); });
}

class Inbox : public std::enable_shared_from_this<Inbox> {
 public:
  Inbox(Executor executor, std::function<void()> after_each_drain)
      : executor_(std::move(executor)), after_each_drain_(std::move(after_each_drain)) {}

  WriterThread& writer() { return writer_; }
  void put(Job job) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      wake = jobs_.empty() && !closed_;
      if (!closed_) jobs_.push_back(std::move(job));
    }
    if (wake) asio::post(executor_, [self = shared_from_this()] { self->drain(); });
  }

  // From now on jobs are thrown away: the owner is being destroyed.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    jobs_.clear();
  }

 private:
  void drain() {
    std::vector<Job> jobs;
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      jobs.swap(jobs_);
    }
    const WriterThread::WriterTurn turn(writer_);
    try {
      for (auto& job : jobs) std::move(job)();
      after_each_drain_();
    } catch (const queue::StoreError& error) {
      spdlog::critical("{}; stopping: the next start mends what can be mended, warmupctl spool verify names it", error.what());
      queue::broken_promise("the spool can be read", __FILE__, __LINE__);
    }
  }

  Executor executor_;
  std::function<void()> after_each_drain_;
  WriterThread writer_;
  std::mutex mutex_;
  std::vector<Job> jobs_;
  bool closed_ = false;
};

// co_await call<T>(inbox, [..](PendingReply<T> caller) { … }): runs the function on the inbox's executor, which answers when it can.
template <class T, class Ask>
awaitable<T> call(std::shared_ptr<Inbox> inbox, Ask ask) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
      [](auto handler, std::shared_ptr<Inbox> box, Ask question) {
        const Executor home = asio::get_associated_executor(handler);
        box->put(Job([caller = PendingReply<T>{std::move(handler), home}, question = std::move(question)]() mutable {
          question(std::move(caller));
        }));
      },
      asio::use_awaitable, std::move(inbox), std::move(ask));
}

}  // namespace mta
