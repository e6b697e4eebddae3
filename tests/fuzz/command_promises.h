// tests/fuzz/command_promises.h — what must hold of any line whatsoever.
//
// What      Parses a line and says which promise of mta/smtp/command.h it breaks.
// Units     –
// Promise   The same for the seeded test (unit_smtp) and for libFuzzer (command_fuzz.cpp).
// Errors    A text; "" when all is well.
// Source    –
// Not here  where the lines come from.
#pragma once

#include <algorithm>
#include <string>

#include "mta/smtp/address.h"
#include "mta/smtp/command.h"
#include "mta/smtp/xtext.h"

namespace mta::smtp {

inline bool is_harmless(const std::string& address) {
  const bool plain = std::ranges::none_of(address, [](char c) { return (static_cast<unsigned char>(c) < 32) || c == 127; });
  return plain && (address.find('"') != std::string::npos || address.find_first_of(" <>") == std::string::npos);
}

inline std::string broken_promise_of(std::string_view line) {
  const auto parsed = parse_command(line);
  if (const auto* wrong = std::get_if<command::Wrong>(&parsed)) {
    if (wrong->code < 500 || wrong->code > 555 || wrong->text.empty()) return "a refusal without a code or a text";
  } else if (const auto* mail = std::get_if<command::Mail>(&parsed)) {
    if (!mail->sender.empty() && !is_address(mail->sender)) return "a sender that is no address";
    if (!is_harmless(mail->sender) || !is_xtext(mail->envid)) return "a sender or ENVID that may not be repeated";
  } else if (const auto* rcpt = std::get_if<command::Rcpt>(&parsed)) {
    if (!is_harmless(rcpt->recipient) || rcpt->recipient.empty()) return "a recipient that may not be repeated";
    if (!rcpt->orcpt.empty() && !is_original_recipient(rcpt->orcpt)) return "an ORCPT that may not be repeated";
  }
  return {};
}

}  // namespace mta::smtp
