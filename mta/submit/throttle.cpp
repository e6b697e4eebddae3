#include "mta/submit/throttle.h"

namespace mta {

std::optional<std::uint64_t> Throttle::pass(const std::string& key, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = rows_.find(key);
  if (found != rows_.end()) {
    ThrottleRow& row = found->second;
    if (now - row.passed < span_) {
      ++row.kept_back;
      return std::nullopt;
    }
    const auto kept_back = row.kept_back;
    row = {now, 0};
    return kept_back;
  }
  if (rows_.size() >= most_) std::erase_if(rows_, [&](const auto& row) { return now - row.second.passed >= span_; });
  if (rows_.size() >= most_) return std::nullopt;
  rows_[key] = {now, 0};
  return 0;
}

}  // namespace mta
