// mta/books/withheld.h — a From domain that a provider refuses for what it lacks.
//
// What      Since when its mail waits there and until when, and which queues hold some of it.
// Units     Scheduling time.
// Promise   A plain value. While `interval` is 0 nothing is held back yet.
// Errors    None.
// Source    warmup-rules §8.
// Not here  when it is held back and let go (withhold.cpp).
#pragma once

#include <set>
#include <string>
#include <utility>

#include "mta/world.h"
#include "queue/types.h"

namespace mta {

struct Withheld {
  std::set<queue::MessageId> messages;  // refused, until it is held back
  Instant until{}, refused{};
  Duration interval{0};
  std::string verdict;                                   // of the last refusal
  std::set<std::pair<std::string, std::string>> queues;  // pool and class
};

}  // namespace mta
