// mta/scheduler/withholding.h — which From domains a provider refuses for what they lack, and so wait there.
//
// What      After three messages of a From domain were refused for what it lacks, its mail waits at that provider, and no other: an hour,
//           doubling to a day each time that it is refused again, until some of it is taken.
// Units     Scheduling time.
// Promise   In memory and on disk the same. At most 10,000 From domains; what is held back is forgotten last.
// Errors    None.
// Source    WARMUP.md §8.
// Not here  its rows (withheld.h), moving the mail (held_heads.cpp).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "mta/scheduler/conversations.h"
#include "mta/scheduler/transaction.h"
#include "mta/scheduler/withheld.h"

namespace mta {

class Withholding {
 public:
  explicit Withholding(Transaction& transaction) : transaction_(transaction) {}
  void load(const queue::Store& store) { senders_ = read_withheld(store); }

  // It was refused. How long the recipient waits for it; 0: it is not held back.
  Duration refused(Verdict, const Conversation&, const queue::QueueKey&, const std::string& evidence, Instant now);
  void taken(const Conversation&);  // some of its mail was taken: what it lacked is there

  // What holds back mail of that domain there; null when nothing does.
  const WithheldSenders::value_type* find(const std::string& from_domain, const std::string& provider, Instant now) const;
  void note_queue(const WithheldKey&, const queue::QueueKey&);  // it holds some of the mail
  const WithheldSenders& all() const { return senders_; }

 private:
  void make_room(Instant now);

  Transaction& transaction_;
  WithheldSenders senders_;
};

}  // namespace mta
