// mta/control/spool_json.h — what `spool verify` found, as JSON.
//
// What      The object that the daemon answers, and that warmupctl makes itself when no daemon runs.
// Units     Octets.
// Promise   Every field is there.
// Errors    None.
// Source    mta/control/JSON.md "spool verify".
// Not here  looking (queue/verify.h).
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "queue/verify.h"

namespace mta {

inline boost::json::object to_json(const queue::Verified& found) {
  boost::json::array damaged, other;
  for (const auto& message : found.damaged)
    damaged.push_back(boost::json::object{{"id", message.id.text()}, {"what", message.what}, {"text", message.text}});
  for (const auto& text : found.other) other.push_back(boost::json::value(text));
  return {{"ok", found.ok()}, {"messages", found.messages}, {"octets", found.octets}, {"damaged", damaged}, {"other", other}};
}

}  // namespace mta
