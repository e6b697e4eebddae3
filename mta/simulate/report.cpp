#include "mta/simulate/report.h"

#include <cmath>

namespace mta::simulate {

Counts& Counts::operator+=(const Counts& other) {
  for (const auto member : {&Counts::arrived, &Counts::refused, &Counts::sent, &Counts::delivered, &Counts::junk,
                            &Counts::overflowed, &Counts::bounced, &Counts::expired, &Counts::greylisted, &Counts::rate_limited,
                            &Counts::put_off, &Counts::blocked, &Counts::unreachable, &Counts::waiting})
    this->*member += other.*member;
  return *this;
}

Recipients Waits::within(Duration limit) const {
  Recipients sum = 0;
  for (auto at = minutes_.begin(); at != minutes_.end() && at->first <= limit; ++at) sum += at->second;
  return sum;
}

Duration Waits::share(double share) const {
  const auto wanted = static_cast<Recipients>(std::ceil(share * static_cast<double>(count_)));
  Recipients sum = 0;
  for (const auto& [minutes, n] : minutes_) {
    sum += n;
    if (sum >= wanted) return minutes;
  }
  return longest();
}

}  // namespace mta::simulate
