// mta/submit/throttle.h — how often the same thing may be said.
//
// What      Lets the first thing of a key pass and no other until a span of time is over; tells how many were kept back meanwhile.
// Units     Time of the stopwatch.
// Promise   Thread-safe. Remembers at most `most` keys; when all are in use, things of further keys do not pass before one is free. So at
//           most `most` things pass in a span, however many keys there are.
// Errors    None.
// Source    –
// Not here  what is said (log lines: server_session_auth.cpp, listener.cpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace mta {

class Throttle {
 public:
  using Time = std::chrono::steady_clock::time_point;
  Throttle(std::chrono::milliseconds span, std::size_t most) : span_(span), most_(most) {}

  // How many of this key were kept back since the last that passed; empty when this one is kept back too.
  std::optional<std::uint64_t> pass(const std::string& key, Time now);

 private:
  struct ThrottleRow {
    Time passed;
    std::uint64_t kept_back = 0;
  };
  const std::chrono::milliseconds span_;
  const std::size_t most_;
  std::mutex mutex_;  // guards rows_
  std::map<std::string, ThrottleRow> rows_;
};

}  // namespace mta
