// mta/submit/received.h — the trace line we add, and how we know our own again.
//
// What      The text of our Received field, of dates, and the test for mail that was here before.
// Units     Dates in UTC.
// Promise   Pure. Nothing of what a client said gets into the field unless it is a domain or a literal.
// Errors    None.
// Source    RFC 5321 §4.4, §6.3 (loops); RFC 3848 (with ESMTPSA), RFC 6531 §4.3 (UTF8SMTPSA); RFC 5322 §3.3.
// Not here  the rest of the header (intake.h).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "mta/submit/client.h"
#include "queue/types.h"

namespace mta {

std::string rfc5322_date(std::chrono::sys_seconds);  // "Sat, 21 Nov 2026 09:00:00 +0000"

struct ReceivedStamp {
  queue::MessageId id;
  std::chrono::sys_seconds at;
  bool smtputf8 = false;
  std::string only_recipient;  // "" when there are several: nobody shall read who the others are (RFC 5321 §7.6)
};
std::string received_field(const Client&, const ReceivedStamp&);  // with its last CRLF

// Is this the value of a Received field that we wrote: our host name behind `by`, one of our ids behind `id`?
bool is_our_received(std::string_view value, std::string_view hostname);

}  // namespace mta
