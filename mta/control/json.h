// mta/control/json.h — reports of the scheduler as JSON.
//
// What      StatusReport, QueuePage, MessageReport and the gates of `why` in the words of mta/control/JSON.md.
// Units     Instants RFC 3339 with milliseconds, ages in seconds.
// Promise   Every field of mta/control/JSON.md is there; null where it does not apply.
// Errors    None.
// Source    mta/control/JSON.md "status".
// Not here  asking (api.h), drawing (mta/ctl).
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "conf/config.h"
#include "mta/daemon/server.h"
#include "mta/report/queries.h"

namespace mta {

boost::json::object to_json(const StatusReport&, const conf::Config&);
boost::json::object to_json(const MessageReport&, queue::Instant now);
boost::json::object to_json(const QueuePage&, queue::Instant now);
boost::json::object to_json(const Gate&);
boost::json::array marks_json(const std::vector<MarkedDomains::Row>&);
boost::json::object to_json(const ForecastReport&);
boost::json::object to_json(const LaneReport&);
boost::json::object sender_json(const LaneReport&);  // of the ledger of a sender

// Keeps the lanes and queues of one provider and source ("" = all); false when nothing of them is left.
bool narrow(StatusReport&, const conf::Config&, const std::string& provider, const std::string& source);

}  // namespace mta
