#include "mta/submit/refusal_tally.h"

#include <algorithm>
#include <utility>

namespace mta {
namespace {
constexpr auto minute = std::chrono::minutes(1);
constexpr auto hour = std::chrono::hours(1);
}  // namespace

bool RefusalTally::may_report(Time now) {
  if (reported_ == 0 || now - hour_ >= hour) {
    hour_ = now;
    reported_ = 0;
  }
  if (reported_ >= most_rows) return false;
  ++reported_;
  return true;
}

void RefusalTally::count_beyond(const Refused& refused, Time now) {
  if (!beyond_) {
    beyond_ = TallyRow{now, refused};
    beyond_->first.client.clear();
    return;
  }
  beyond_->first.count += refused.count;
}

std::optional<Refused> RefusalTally::add(Refused refused, Time now, Instant at) {
  refused.count = 1;
  refused.since = at;
  const std::lock_guard lock(mutex_);
  std::erase_if(rows_, [&](const auto& row) { return row.second.first.count == 0 && now - row.second.begun >= minute; });
  const TallyKey key{refused.client, refused.stage, refused.refusal.code, refused.refusal.enhanced};
  const auto found = rows_.find(key);
  if (found != rows_.end()) {
    auto& first = found->second.first;
    if (first.count++ == 0) first = std::move(refused);
    return std::nullopt;
  }
  if (rows_.size() >= most_keys || !may_report(now)) {
    count_beyond(refused, now);
    return std::nullopt;
  }
  rows_[key] = TallyRow{now, {}};
  return refused;
}

std::vector<Refused> RefusalTally::due(Time now) {
  std::vector<Refused> reports;
  const std::lock_guard lock(mutex_);
  for (auto row = rows_.begin(); row != rows_.end();) {
    if (now - row->second.begun < minute) {
      ++row;
      continue;
    }
    auto counted = std::exchange(row->second.first, {});
    row->second.begun = now;
    if (counted.count == 0) {
      row = rows_.erase(row);
      continue;
    }
    if (may_report(now))
      reports.push_back(std::move(counted));
    else
      count_beyond(counted, now);
    ++row;
  }
  if (beyond_ && now - beyond_->begun >= minute) reports.push_back(std::exchange(beyond_, {})->first);
  return reports;
}

std::vector<Refused> RefusalTally::rest() {
  std::vector<Refused> reports;
  const std::lock_guard lock(mutex_);
  for (auto& [key, row] : rows_) {
    if (row.first.count > 0) reports.push_back(std::move(row.first));
  }
  rows_.clear();
  if (beyond_) reports.push_back(std::exchange(beyond_, {})->first);
  return reports;
}

bool RefusalTally::pending() const {
  const std::lock_guard lock(mutex_);
  return beyond_ || std::any_of(rows_.begin(), rows_.end(), [](const auto& row) { return row.second.first.count > 0; });
}

}  // namespace mta
