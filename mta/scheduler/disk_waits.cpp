#include "mta/scheduler/disk_waits.h"

namespace mta {

namespace {
constexpr std::size_t awake_at_all = 8000;
constexpr Duration away = std::chrono::seconds(5);
constexpr unsigned returns_a_millisecond = 2;
}  // namespace

bool DiskWaits::send(Queue& queue, std::size_t waiting, Instant now) {
  const bool crowded = waiting >= (queue.fresh ? most_waiting_fresh : most_waiting) || queues_.awake_count() > awake_at_all;
  if (!crowded || queue.busy > 0 || !queue.idle.empty()) return false;
  const auto earliest = now + away;
  if (return_at_ < earliest) {
    return_at_ = earliest;
    returns_ = 0;
  } else if (++returns_ == returns_a_millisecond) {
    return_at_ += Duration(1);
    returns_ = 0;
  }
  queues_.sleep(queue, return_at_);
  return true;
}

}  // namespace mta
