// mta/books/space.h — what is known of the room on the disk.
//
// What      Numbers that space.cpp keeps between two looks.
// Units     Octets; instants are scheduling time.
// Promise   `waits` is stored with the totals, in the batch that changes it.
// Errors    –
// Source    queue/STORE.md, "Room".
// Not here  the rules (queue/space.h).
#pragma once

#include "mta/world.h"
#include "queue/space.h"

namespace mta {

struct Space {
  std::uint64_t waits = 0;             // of bodies in the queue
  std::uint64_t left = 0;              // dead octets that the last time could not give back
  std::uint64_t erased = 0;            // since the last look at what is dead
  std::uint64_t erased_meanwhile = 0;  // since giving back began: not yet to be had
  std::uint64_t written = 0;           // since the last look at the free space
  std::uint64_t free = 0;              // at that look
  Instant checked{};                   // when that was
  bool watched = false;                // a look at what is dead is under way
  bool giving_back = false;
  Instant gave_back{};  // it ended then
};

}  // namespace mta
