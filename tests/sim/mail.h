// tests/sim/mail.h — what the town's clients send.
//
// What      A message to submit, its octets, and what became of its submission.
// Units     Octets.
// Promise   compose() is a function of its arguments: a judge can make the octets again and compare. Bodies hold lines that begin
//           with dots, and lines of many lengths.
// Errors    None.
// Source    RFC 5322 §2.1; RFC 5321 §4.5.2.
// Not here  sending it (clients.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mta/doors/world.h"

namespace mta::sim {

inline constexpr std::string_view number_header = "X-Town-Message";

struct Mail {
  std::string sender = "app@sender.test";  // "" = null sender
  std::vector<std::string> recipients;
  std::string subject = "Your application number";
  std::string headers;               // more of them, each with CRLF
  std::size_t bytes = 300;           // of the body, about
  bool dense = false;                // a body that hardly gets smaller when it is compressed
  std::string mail_parameters;       // " RET=HDRS ENVID=x"
  std::string recipient_parameters;  // " NOTIFY=SUCCESS,FAILURE"
};

std::string compose(const Mail&, std::uint64_t number);

struct Submission {
  enum class State { waiting, refused, unknown, acknowledged };  // unknown: the dot was sent, no reply was heard
  std::uint64_t number = 0;
  Mail mail;
  State state = State::waiting;
  std::vector<std::string> accepted;  // recipients that got 250
  std::vector<std::string> replies;   // refusals, and the reply to the dot
  std::string id;                     // "queued as ID"
  Instant at{};                       // of the reply to the dot
};

}  // namespace mta::sim
