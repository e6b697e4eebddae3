// mta/smtp/timeouts.h — how long a client waits for what.
//
// What      One limit a stage of the dialogue, and the least rate at which a body must leave.
// Units     Milliseconds of real time; octets a second.
// Promise   No wait of a client is without one of these.
// Errors    –
// Source    RFC 5321 §4.5.3.2.
// Not here  the server's own (limits.command_timeout), connecting (delivery.connect_timeout).
#pragma once

#include "mta/doors/world.h"
#include "mta/smtp/reply.h"

namespace mta::smtp {

struct Timeouts {
  Duration banner = std::chrono::minutes(5);    // §4.5.3.2.1
  Duration command = std::chrono::minutes(5);   // EHLO, AUTH and what the RFC does not name
  Duration starttls = std::chrono::minutes(1);  // the handshake; a TLS failure is worth less waiting than mail
  Duration mail = std::chrono::minutes(5);      // §4.5.3.2.2
  Duration rcpt = std::chrono::minutes(5);      // §4.5.3.2.3
  Duration data = std::chrono::minutes(2);      // §4.5.3.2.4
  Duration block = std::chrono::minutes(3);     // §4.5.3.2.5: one piece of the body
  Duration dot = std::chrono::minutes(10);      // §4.5.3.2.6
  Duration quit = std::chrono::seconds(5);      // the mail is settled: nothing hangs on this answer
  std::uint64_t least_rate = 1024;              // octets a second, on average, once a body took longer than `block`
};

Duration limit(const Timeouts&, Stage);

}  // namespace mta::smtp
