#include "warmup/hour.h"

namespace warmup {

namespace {
std::int64_t minute_of(Hour::Instant at) { return std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count(); }
}  // namespace

void Hour::add(Instant now, Recipients n) {
  const auto minute = minute_of(now);
  while (!minutes_.empty() && minutes_.front().first < minute - 60) minutes_.pop_front();
  if (!minutes_.empty() && minutes_.back().first >= minute) {
    minutes_.back().second += n;
  } else {
    minutes_.emplace_back(minute, n);
  }
}

Hour::Recipients Hour::in_last_hour(Instant now) const {
  const auto minute = minute_of(now);
  Recipients sum = 0;
  for (auto at = minutes_.rbegin(); at != minutes_.rend() && at->first >= minute - 60; ++at) sum += at->second;
  return sum;
}

void Hour::turn_back(Instant now) {
  const auto minute = minute_of(now);
  Recipients ahead = 0;
  while (!minutes_.empty() && minutes_.back().first > minute) {
    ahead += minutes_.back().second;
    minutes_.pop_back();
  }
  if (ahead > 0) add(now, ahead);
}

Hour::Instant Hour::room_for(Instant now, Recipients n, Recipients limit) const {
  Recipients sum = in_last_hour(now);
  const auto first = minute_of(now) - 60;
  for (const auto& [minute, count] : minutes_) {
    if (sum + n <= limit) break;
    if (minute < first) continue;
    sum -= count;
    now = Instant(std::chrono::minutes(minute + 61));
  }
  return now;
}

}  // namespace warmup
