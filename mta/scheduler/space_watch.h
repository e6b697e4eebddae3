// mta/scheduler/space_watch.h — room on the disk.
//
// What      Looks at the free space, says when nothing more may be accepted, and gives back what ended mail and broken uploads left.
// Units     Octets; scheduling time.
// Promise   New mail is refused before the disk is full; giving back runs on the work pool, one at a time.
// Errors    None.
// Source    queue/STORE.md, "Room".
// Not here  the rules (queue/space.h), a write that finds no room (transaction.h).
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "mta/scheduler/scheduler_state.h"
#include "queue/space.h"

namespace mta {

class SpaceWatch {
 public:
  // `look_at`: check_room() is to be called then.
  SpaceWatch(SchedulerState& state, std::function<void(Instant)> look_at) : state_(state), look_at_(std::move(look_at)) {}

  void check_room(std::uint64_t octets);   // that many of a body are to be written
  void note_erased(std::uint64_t octets);  // bodies were
  bool low() const { return low_; }        // from any thread: too little to accept mail
  std::string why_not_accepting() const;

 private:
  void look_at_space();
  void begin_to_give_back();

  SchedulerState& state_;
  std::function<void(Instant)> look_at_;
  std::uint64_t left_ = 0;              // dead octets that the last time could not give back
  std::uint64_t erased_ = 0;            // since the last look at what is dead
  std::uint64_t erased_meanwhile_ = 0;  // since giving back began: not yet to be had
  std::uint64_t written_ = 0;           // since the last look at the free space
  std::uint64_t free_ = 0;              // at that look
  Instant checked_{};                   // when that was
  bool watched_ = false;                // a look at what is dead is under way
  bool giving_back_ = false;
  Instant gave_back_{};  // it ended then
  std::atomic<bool> low_{false};
};

}  // namespace mta
