// mta/real/deadline.h — one timer for all the operations of one connection.
//
// What      Knows until when operations may take; strikes (closes the socket) while one is still waiting then.
// Units     Durations from now; the steady clock.
// Promise   set() costs a clock reading: the timer is moved only when it would ring too late. Nothing strikes while nothing
//           waits; an operation begun after the instant is refused instead. After destruction nothing strikes.
// Errors    begin() throws StreamLost{timeout}.
// Source    mta/doors/world.h (Stream::expires_after).
// Not here  what striking does.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include "mta/doors/world.h"

namespace mta::real {

class Deadline {
  struct Parts;

 public:
  Deadline(const Executor&, std::function<void()> strike);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void set(Duration limit);
  bool struck() const { return state_->struck; }
  std::string text() const;  // "timed out after 30 s"

  // Lives as long as an operation waits.
  class Watch {
   public:
    explicit Watch(Deadline&);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    std::shared_ptr<Parts> state_;  // a frame may be destroyed after the stream
  };

 private:
  using Clock = std::chrono::steady_clock;
  // Shared with the pending wait, whose handler may run after we are gone (then `strike` is empty).
  struct Parts {
    explicit Parts(const Executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    std::function<void()> strike;
    Clock::time_point due = Clock::time_point::max();
    std::optional<Clock::time_point> armed;
    Duration limit{0};
    unsigned waiting = 0;
    std::uint64_t generation = 0;
    bool struck = false;
  };
  static void arm(const std::shared_ptr<Parts>&);
  static void hit(Parts&);
  std::shared_ptr<Parts> state_;
};

}  // namespace mta::real
