// mta/observe/events.h — what happened, one JSON object a line.
//
// What      The rows of the event family: building them, their keys.
// Units     `seq` counts events of this spool, from 1; `time` is scheduling time, RFC 3339 with milliseconds.
// Promise   Events are put in the same batch as what they report: both are durable or neither is.
// Errors    None; text that is not UTF-8 is made so.
// Source    contract "Events".
// Not here  who reads them (event_file.h, control).
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "mta/world.h"
#include "queue/keys.h"
#include "queue/message.h"
#include "queue/store.h"

namespace mta {

class EventLog {
 public:
  explicit EventLog(std::uint64_t last_seq) : seq_(last_seq) {}

  // `fields` gets seq, time and type in front. Empty strings are left out.
  void add(queue::Batch&, Instant, std::string_view type, const boost::json::object& fields);
  std::uint64_t last() const { return seq_; }

 private:
  std::uint64_t seq_;
  std::int64_t hour_ = 0;
};

// Rows older than `before` leave in one range; returns false when there was none.
bool expire_events(queue::Batch&, const queue::Store&, Instant before);

std::uint64_t event_seq(std::string_view key);  // REQUIRES: the key of an event row

// The fields every event about a recipient has, where known.
boost::json::object about(const queue::Message&, std::uint32_t number, const queue::Recipient&);

std::string valid_utf8(std::string_view);         // other octets become U+FFFD
std::string domain_of(std::string_view address);  // lower case, "" without @

}  // namespace mta
