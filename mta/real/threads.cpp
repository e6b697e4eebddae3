#include "mta/real/threads.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <system_error>

#include "mta/doors/tasks.h"
#include "mta/real/signals_blocked.h"

namespace mta::real {

namespace {

unsigned cores() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace

// Concurrency hint 1: one thread runs it, others may post to it; posts from the running thread take no wake-up.
class IoThreads::Context : public asio::io_context {
 public:
  Context() : asio::io_context(1), guard_(asio::make_work_guard(*this)) {}
  void forget() { shutdown(); }

 private:
  asio::executor_work_guard<asio::io_context::executor_type> guard_;
};

IoThreads::IoThreads(unsigned io) : io_(io == 0 ? cores() : io) {
  for (unsigned i = 0; i < io_ + 3; ++i) contexts_.push_back(std::make_unique<Context>());
  const SignalsBlocked blocked;
  try {
    for (unsigned i = 0; i < io_; ++i) start(i, "io-" + std::to_string(i));
    start(io_, "scheduler");
    start(io_ + 1, "syncer");
    start(io_ + 2, "resolver");
  } catch (const std::system_error& error) {
    stop();
    throw std::runtime_error("cannot start " + std::to_string(io_ + 3) + " threads: " + error.code().message());
  }
}

IoThreads::~IoThreads() {
  stop();
  forget();
}

void IoThreads::start(std::size_t index, const std::string& name) {
  threads_.emplace_back([context = contexts_[index].get(), name] {
    pthread_setname_np(pthread_self(), name.c_str());
    try {
      context->run();
    } catch (const std::exception& bug) {
      spdlog::critical("thread {}: unexpected: {}", name, bug.what());
      queue::broken_promise("no exception leaves a handler", __FILE__, __LINE__);
    }
  });
}

Executor IoThreads::io() { return contexts_[next_++ % io_]->get_executor(); }
Executor IoThreads::scheduler() { return contexts_[io_]->get_executor(); }
Executor IoThreads::syncer() { return contexts_[io_ + 1]->get_executor(); }
Executor IoThreads::resolver() { return contexts_[io_ + 2]->get_executor(); }

void IoThreads::stop() {
  for (const auto& context : contexts_) context->stop();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void IoThreads::forget() {
  for (const auto& context : contexts_) context->forget();
}

}  // namespace mta::real
