// mta/scheduler/damaged.h — messages that cannot be read, and so wait for an operator.
//
// What      Which messages were set aside, with the reason; a row of `meta` each, so that it lasts over restarts.
// Units     –
// Promise   A message is noted once, and forgotten with its last recipient. In memory as on disk: as many as are damaged.
// Errors    –
// Source    README "See what it does" (damaged); mta/control/JSON.md "spool verify".
// Not here  what happens to its recipients (mail_table_damage.cpp), how damage is looked for (queue/verify.h).
#pragma once

#include <set>
#include <string>

#include "queue/store.h"
#include "queue/types.h"

namespace mta {

class Damaged {
 public:
  explicit Damaged(const queue::Store&);
  bool has(queue::MessageId id) const { return noted_.contains(id); }
  std::size_t count() const { return noted_.size(); }
  bool note(queue::Batch&, queue::MessageId, const std::string& why);  // false: it was noted before
  void forget(queue::Batch&, queue::MessageId);

 private:
  std::set<queue::MessageId> noted_;
};

}  // namespace mta
