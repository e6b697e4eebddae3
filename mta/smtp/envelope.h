// mta/smtp/envelope.h — an envelope on its way out, and the commands that say it.
//
// What      Sender, recipients and the parameters of the extensions; the text of MAIL and RCPT for what a server offers.
// Units     Octets. Addresses without <>. xtext as it came in.
// Promise   A command is one line: an address or parameter that could end it is never written (speakable(), and parameters are left out).
// Errors    None.
// Source    RFC 5321 §4.1.1.2–3, 1870 §6, 6152 §2, 6531 §3.4, 3461 §4.
// Not here  the dialogue (client_session.h), whether the server suffices (mta/deliver/fit.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mta/smtp/offers.h"
#include "queue/message.h"

namespace mta::smtp {

struct Envelope {
  struct To {
    std::string address, orcpt;
    std::uint8_t notify = queue::notify::unset;
  };
  std::string sender;
  std::uint64_t size = 0;  // of what will be sent, dots not counted (RFC 1870 §4)
  bool eight_bit = false;
  bool smtputf8 = false;  // cannot go without SMTPUTF8
  queue::Return ret = queue::Return::unset;
  std::string envid;
  std::vector<To> to;
};

bool speakable(std::string_view address);  // no control characters, not over 320 octets (RFC 5321 §4.5.3.1 and some)

std::string mail_from(const Envelope&, const Offers&);  // "MAIL FROM:<a@example.org> SIZE=1000\r\n"
std::string rcpt_to(const Envelope::To&, const Offers&);

}  // namespace mta::smtp
