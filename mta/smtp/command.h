// mta/smtp/command.h — what a client says.
//
// What      One command line → a value with its parameters, or what is wrong with it and the reply for that.
// Units     Octets; lines without CRLF.
// Promise   Pure, never throws, takes any octets. Values that come out are valid by the grammar: addresses (address.h), xtext, numbers.
// Errors    `Wrong`: 500 unknown or too long, 501 syntax, 504/555 parameter not known; the text holds nothing that the client sent.
// Source    RFC 5321 §4.1.1, §4.5.3.1.4; RFC 1870 (SIZE), 6152 (BODY), 6531 (SMTPUTF8), 4954 (AUTH), 3461 (DSN), 3030 (BDAT), 3207.
// Not here  whether a command is allowed now (mta/submit/mail_transaction.h), what an address means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "queue/message.h"

namespace mta::smtp {

inline constexpr std::size_t max_auth_line = 12288;  // RFC 4954 §4, without CRLF; also the longest line there is

namespace command {

struct Hello {
  bool extended = false;
  std::string domain;
};  // EHLO, HELO
struct Mail {
  std::string sender;  // "" = null sender
  std::optional<std::uint64_t> size;
  bool smtputf8 = false;
  queue::Return ret = queue::Return::unset;
  std::string envid;  // xtext as received
};
struct Rcpt {
  std::string recipient;  // domain missing only for <postmaster>
  std::uint8_t notify = queue::notify::unset;
  std::string orcpt;  // as received
};
struct Data {};
struct Bdat {
  std::uint64_t octets = 0;
  bool last = false;
};
struct Rset {};
struct Noop {};
struct Vrfy {};
struct Help {};
struct Quit {};
struct StartTls {};
struct Auth {
  std::string mechanism;
  std::optional<std::string> initial;
};                                                    // upper case; base64 as received ("=" is the empty one)
enum class CommandStage { other, mail, rcpt, data };  // which step of a transaction it was about
struct Wrong {
  int code = 500;
  std::string_view enhanced;
  std::string text;
  CommandStage stage = CommandStage::other;
};

}  // namespace command

using Command =
    std::variant<command::Wrong, command::Hello, command::Mail, command::Rcpt, command::Data, command::Bdat, command::Rset,
                 command::Noop, command::Vrfy, command::Help, command::Quit, command::StartTls, command::Auth>;

Command parse_command(std::string_view line);

}  // namespace mta::smtp
