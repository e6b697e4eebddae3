// queue/space.h — when is the disk too full, and when is it worth giving room back?
//
// What      Pure rules over what the spool takes and what waits in it.
// Units     Octets.
// Promise   What can be given back counts as free, as long as there is some room to do that in.
// Errors    None.
// Source    STORE.md, "Room".
// Not here  doing it (store_space.cpp), when it is asked (mta/scheduler/space_watch.cpp).
#pragma once

#include "queue/store.h"

namespace queue {

struct SpaceRule {
  std::uint64_t min_free = 0;
  std::uint64_t waits = 0;  // bodies in the queue
  std::uint64_t left = 0;   // dead octets that the last time could not give back
};

std::uint64_t dead_octets(const SpoolUse&, std::uint64_t waits);  // of bodies and logs; too few while bodies compress well
bool is_low(const SpoolUse&, const SpaceRule&);                   // new mail is to be refused
bool is_worth_it(const SpoolUse&, const SpaceRule&);              // give back now

}  // namespace queue
