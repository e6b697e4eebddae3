// mta/books/parts.h — what the books are given, and what they give to bounce writers.
//
// What      Configuration, hooks, and a message of which recipients are to be reported.
// Units     –
// Promise   Values.
// Errors    –
// Source    design §3 (steps 4, 8, 11b).
// Not here  the books (books.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "mta/desk.h"
#include "mta/route/provider.h"

namespace mta {

// The configuration as the books use it; replaced as a whole at reload.
struct Policy {
  std::shared_ptr<const conf::Config> config;
  std::shared_ptr<const Providers> providers;
};

struct BooksHooks {
  std::function<void(Assignment)> converse;         // after the sync, from the syncer thread: start a conversation
  std::function<void(std::string domain)> look_up;  // find the route of a domain, then call routed()
};

// A message of which recipients are to be reported to its sender (mta/bounce).
struct Returning {
  std::shared_ptr<const queue::Message> message;
  std::vector<Addressee> addressees;
};

}  // namespace mta
