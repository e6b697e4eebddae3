// mta/scheduler/withheld.h — a From domain that a provider refuses for what it lacks.
//
// What      Since when its mail waits there and until when, and which queues hold some of it; its row in `meta`.
// Units     Scheduling time.
// Promise   While `interval` is 0 nothing is held back yet, and nothing is stored.
// Errors    A row that is none is not read.
// Source    WARMUP.md §8.
// Not here  when it is held back and let go (withholding.cpp).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "mta/doors/world.h"
#include "queue/store.h"
#include "queue/types.h"
#include "warmup/withheld_sender.h"

namespace mta {

struct Withheld : warmup::WithheldSender {
  std::string verdict;                                   // of the last refusal
  std::set<std::pair<std::string, std::string>> queues;  // pool and class
};
using WithheldKey = std::pair<std::string, std::string>;  // From domain and provider
using WithheldSenders = std::map<WithheldKey, Withheld>;

// What is to be seen to at the sender's, for the name of a verdict.
std::string_view what_lacks(std::string_view verdict);

void put_withheld(queue::Batch&, const WithheldKey&, const Withheld&);
void erase_withheld(queue::Batch&, const WithheldKey&);
WithheldSenders read_withheld(const queue::Store&);

}  // namespace mta
