// mta/control/find_json.h — mail that waits or has ended, as JSON; and what may be asked about it.
//
// What      FoundPage and Ended in the words of mta/control/JSON.md; the text of `since`.
// Units     Instants RFC 3339 with milliseconds.
// Promise   Every field is always there; null where it does not apply. `fate` is one of waiting delivered bounced expired dropped.
// Errors    parse_since gives nothing for what is no time.
// Source    mta/control/JSON.md "find", "why"; conf/example.toml ([history]); RFC 3339 §5.6.
// Not here  asking (api_find.cpp).
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mta/report/queries.h"

namespace mta {

boost::json::object to_json(const FoundRecipient&);
boost::json::object to_json(const FoundPage&, queue::Instant now);

// "2026-11-21", "2026-11-21T09:00", "2026-11-21T09:00:00Z", "2026-11-21T09:00:00.5+01:00", or how long before `now`: "90s" "5m" "4h" "2d".
std::optional<queue::Instant> parse_since(std::string_view text, queue::Instant now);

// "delivered to a@example.org at …", for people.
std::string ended_text(const std::vector<queue::Ended>&);

}  // namespace mta
