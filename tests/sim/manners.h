// tests/sim/manners.h — how a simulated mailbox provider behaves, and misbehaves.
//
// What      Everything a test may ask of a Receiver, as values. Changes apply from the next reply on.
// Units     Durations in milliseconds; rates are recipients an hour.
// Promise   A default-constructed value is a friendly modern server without TLS.
// Errors    None.
// Source    RFC 5321, 1870, 1985, 2920, 3030, 3207, 3461, 6152, 6531; what real servers were seen to do wrong.
// Not here  the network's faults (tests/sim/world/net.h: Link).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "mta/smtp/reply.h"
#include "tests/sim/world/tls.h"

namespace mta::sim {

using smtp::Stage;

struct Hangup {  // closes the connection
  Stage stage = Stage::mail;
  bool after_reply = false;  // else instead of it; at dot the message is accepted then, and the client does not know
  unsigned every = 1;        // in each n-th session
};

enum class Refusal { at_rcpt, at_dot };

struct Manners {
  // What EHLO offers.
  bool esmtp = true;  // false: EHLO is not understood
  bool pipelining = true, eight_bit = true, smtputf8 = true, dsn = true, chunking = false;
  std::uint64_t size = 50ULL << 20U;  // 0: not offered
  std::optional<SimIdentity> tls;     // STARTTLS with this certificate
  bool tls_required = false;          // 530 at MAIL in clear text

  // Whom and what it takes.
  std::set<std::string> unknown;  // addresses
  Refusal unknown_refused = Refusal::at_rcpt;
  std::string unknown_reply = "550 5.1.1 The email account that you tried to reach does not exist";
  std::map<std::string, std::string> recipient_replies;  // address → its reply at RCPT
  Duration greylist{0};  // the first attempt of a (client address, sender, recipient) and all within this time are refused
  std::string greylist_reply = "450 4.2.0 Greylisted, please try again later";
  std::uint64_t hourly = 0;  // recipients accepted in 60 minutes; 0: no limit
  std::string over_hourly =
      "421 4.7.28 Our system has detected an unusual rate of unsolicited mail. To protect our users, it has been rate limited";
  unsigned limits_every = 0;  // each n-th RCPT is answered `limit_reply`; 0: none
  std::string limit_reply = "450 4.7.28 Unusual rate of mail from your IP address, rate limited, please try again later";
  unsigned recipients_per_message = 0, messages_per_session = 0, sessions_at_once = 0;  // 0: no limit
  std::string too_many_messages = "421 4.7.0 Too many messages in this session";

  // Whatever it says instead of its usual reply; the first digit decides what happens. 421 closes.
  std::map<Stage, std::string> answers;
  std::map<asio::ip::address, std::string> answers_to;  // at MAIL, to a client address
  // What it says to that client address about mail of that sender, whose path is known from MAIL on; "" = its usual reply.
  std::function<std::string(Stage, const asio::ip::address&, const std::string& sender)> script;

  // Misbehaviour.
  Duration tarpit{0};                // before every reply
  std::map<Stage, Duration> delays;  // before these
  std::optional<Hangup> hangup;
};

}  // namespace mta::sim
