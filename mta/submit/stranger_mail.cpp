#include "mta/submit/stranger_mail.h"

#include <algorithm>

namespace mta {

bool StrangerMail::take(std::uint64_t octets, Time now) {
  using std::chrono::milliseconds;
  constexpr std::uint64_t hour = milliseconds(std::chrono::hours(1)).count();
  const std::lock_guard lock(mutex_);
  if (grown_ == Time{}) grown_ = now;
  const auto passed = std::chrono::floor<milliseconds>(now - grown_);
  const auto span = std::min<std::uint64_t>(hour, static_cast<std::uint64_t>(std::max<milliseconds::rep>(0, passed.count())));
  left_ = std::min(an_hour, left_ + an_hour / hour * span);
  grown_ += passed;
  if (octets > left_) return false;
  left_ -= octets;
  return true;
}

}  // namespace mta
