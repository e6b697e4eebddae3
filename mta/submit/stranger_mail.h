// mta/submit/stranger_mail.h — how much clients that may not relay can store here.
//
// What      An allowance that octets of messages are taken from before they are stored, and that grows again with time.
// Units     Octets. A message costs its octets and `each` for its rows.
// Promise   Thread-safe. In any hour strangers store at most twice `an_hour`, whether their messages end well or are broken off: what was
//           taken is not given back.
// Errors    take() answers false when the allowance does not suffice.
// Source    RFC 5321 §4.5.1 (anybody may write to postmaster: the only mail strangers can send).
// Not here  who is a stranger (client.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace mta {

class StrangerMail {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::uint64_t an_hour = 64ULL << 20U;
  static constexpr std::uint64_t each = 64ULL << 10U;
  static constexpr std::uint64_t largest = 1ULL << 20U;  // message of a stranger

  bool take(std::uint64_t octets, Time now);

 private:
  std::mutex mutex_;  // guards all below
  std::uint64_t left_ = an_hour;
  Time grown_{};
};

}  // namespace mta
