// queue/verify.h — which messages of the spool can be read?
//
// What      Reads every message row, its recipients and its body; names what cannot be read, or is not there.
// Units     Octets.
// Promise   Changes nothing. What cannot be read does not end the walk: it goes on behind it.
// Errors    StoreError when the spool cannot be opened; damage is a value.
// Source    mta/control/JSON.md "spool verify".
// Not here  what is done about it (mta/scheduler/mail_table_damage.cpp).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "queue/store.h"
#include "queue/types.h"

namespace queue {

struct DamagedMessage {
  MessageId id;
  std::string what;  // "body": its content; "row": what is known of it or of its recipients
  std::string text;
};
struct Verified {
  std::uint64_t messages = 0, octets = 0;  // read
  std::vector<DamagedMessage> damaged;     // by id
  std::vector<std::string> other;          // damage that is of no message: a table, the log
  bool ok() const { return damaged.empty() && other.empty(); }
};
Verified verify(const Store&);

// Every row that can be read of a family whose keys begin with a message; a stretch that cannot is passed over.
void for_each_readable(const Store&, Family, const std::function<void(std::string_view key, std::string_view value)>&);

}  // namespace queue
