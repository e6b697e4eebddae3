#include "mta/real/work.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mta::real {

PoolWork::PoolWork(unsigned threads) : PoolWork(threads, SignalsBlocked()) {}
PoolWork::~PoolWork() { stop(); }

void PoolWork::stop() {
  pool_.stop();
  pool_.join();
}

awaitable<void> PoolWork::run(std::function<void()> job) {
  const Executor home = co_await asio::this_coro::executor;
  auto begin = [this, home](auto handler, std::function<void()> task) {
    asio::post(pool_, [home, handler = std::move(handler), task = std::move(task)]() mutable {
      std::exception_ptr error;
      try {
        task();
      } catch (...) {
        error = std::current_exception();
      }
      asio::post(home, [handler = std::move(handler), error]() mutable { std::move(handler)(error); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr)>(begin, asio::use_awaitable,
                                                                                          std::move(job));
}

}  // namespace mta::real
