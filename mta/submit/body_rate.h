// mta/submit/body_rate.h — does a message come fast enough?
//
// What      Adds up the octets of a body over the time we waited for its client, and says how long there is still to wait.
// Units     Octets; time is time spent waiting for the client: what our own disk or memory took is not held against it.
// Promise   Pure. Too slow is a body that brought less than `least` octets a second over the last 60 s of waiting; nothing is said before
//           the first 60 s are over. `least` 0: never too slow.
// Errors    None.
// Source    conf/example.toml ([limits] data_rate).
// Not here  what is done about it (server_session.h, listener.h).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace mta {

class BodyRate {
 public:
  using Duration = std::chrono::milliseconds;
  explicit BodyRate(std::uint64_t least = 0) : least_(least) {}

  void waited(Duration);
  void came(std::size_t octets);
  // How long we may wait for more if nothing comes; 0: it is too slow already.
  Duration patience() const;
  std::uint64_t least() const { return least_; }

 private:
  static constexpr std::size_t window = 60, kept = window + 1;  // seconds; the one that runs and those before it
  std::uint64_t in_second(std::uint64_t second) const { return octets_[second % kept]; }

  std::uint64_t least_;
  Duration waited_{0};
  std::array<std::uint64_t, kept> octets_{};  // by second of waiting
};

}  // namespace mta
