#include "mta/submit/memory_gate.h"

#include <algorithm>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mta {

MemoryGate::~MemoryGate() {
  const auto frames = std::move(waiters_);  // their locals may still give claims back: everything else stands meanwhile
}

bool MemoryGate::grant(MemoryClaim& claim, std::uint64_t to) {
  const auto more = to - claim.held_;
  if (used_ + more > limit_) {
    if (elder_ == nullptr) elder_ = &claim;
    if (elder_ != &claim) return false;
  }
  claim.held_ = to;
  used_ += more;
  most_ = std::max(most_, used_);
  return true;
}

void MemoryGate::serve(std::deque<MemoryWaiter>& served) {
  while (!waiters_.empty() && (closed_ || grant(*waiters_.front().claim, waiters_.front().to))) {
    served.push_back(std::move(waiters_.front()));
    waiters_.pop_front();
  }
}

void MemoryGate::resume(std::deque<MemoryWaiter>& served) {
  for (auto& waiter : served) asio::post(waiter.home, std::move(waiter.go));
}

awaitable<void> MemoryGate::MemoryClaim::grow(std::uint64_t to) {
  if (to <= held_) co_return;
  {
    const std::lock_guard lock(gate_.mutex_);
    const bool turn = gate_.waiters_.empty() || gate_.elder_ == this;
    if (!gate_.closed_ && turn && gate_.grant(*this, to)) co_return;
  }
  auto enqueue = [this, to](auto handler) {
    const Executor home = asio::get_associated_executor(handler);
    std::deque<MemoryWaiter> served;
    {
      const std::lock_guard lock(gate_.mutex_);
      gate_.waiters_.push_back({this, to, home, std::move(handler)});
      gate_.serve(served);
    }
    resume(served);
  };
  auto waiting = asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(enqueue), asio::use_awaitable);
  co_await std::move(waiting);
  if (held_ < to) throw StreamLost(Loss::shut, "closed while waiting for memory");
}

void MemoryGate::MemoryClaim::shrink(std::uint64_t to) {
  if (to >= held_) return;
  std::deque<MemoryWaiter> served;
  {
    const std::lock_guard lock(gate_.mutex_);
    gate_.used_ -= held_ - to;
    held_ = to;
    if (to == 0 && gate_.elder_ == this) gate_.elder_ = nullptr;
    gate_.serve(served);
  }
  resume(served);
}

void MemoryGate::set_limit(std::uint64_t limit) {
  std::deque<MemoryWaiter> served;
  {
    const std::lock_guard lock(mutex_);
    limit_ = limit;
    serve(served);
  }
  resume(served);
}

void MemoryGate::close() {
  std::deque<MemoryWaiter> served;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    serve(served);
  }
  resume(served);
}

std::uint64_t MemoryGate::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

std::uint64_t MemoryGate::most() const {
  const std::lock_guard lock(mutex_);
  return most_;
}

std::size_t MemoryGate::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiters_.size();
}

}  // namespace mta
