#include "tests/sim/world/backroom.h"

#include <algorithm>
#include <utility>

namespace mta::sim {

BackgroundThread::~BackgroundThread() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BackgroundThread::add(const Job& job) {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  jobs_.push_back(job);
  changed_.notify_all();
}

int BackgroundThread::give_up(void* tag) {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    const auto others = std::stable_partition(jobs_.begin(), jobs_.end(), [tag](const Job& job) { return job.tag != tag; });
    dropped.assign(others, jobs_.end());
    jobs_.erase(others, jobs_.end());
    changed_.notify_all();
  }
  for (const Job& job : dropped) {
    if (job.given_up != nullptr) job.given_up(job.argument);
  }
  return static_cast<int>(dropped.size());
}

void BackgroundThread::wait_until_idle() {
  std::unique_lock lock(mutex_);
  if (std::this_thread::get_id() == thread_.get_id()) return;
  ++awaited_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return jobs_.empty() && !busy_; });
  --awaited_;
}

void BackgroundThread::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    if (!std::exchange(begun_, true)) {
      changed_.wait_for(lock, patience_, [this] { return closing_ || awaited_ > 0 || jobs_.empty(); });
      begun_ = !jobs_.empty();  // they may have been given up
      continue;
    }
    const Job job = jobs_.front();
    jobs_.pop_front();
    busy_ = true;
    lock.unlock();
    job.run(job.argument);
    lock.lock();
    busy_ = false;
    begun_ = !jobs_.empty();
    changed_.notify_all();
  }
}

}  // namespace mta::sim
