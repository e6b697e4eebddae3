// Commands and what stands in them.
#include <algorithm>

#include "mta/smtp/address.h"
#include "mta/smtp/command.h"
#include "mta/smtp/xtext.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

using namespace mta::smtp;

// May stand in a command, a header or a log.
bool is_harmless(const std::string& address) {
  return !has_control(address) && (address.find('"') != std::string::npos || address.find_first_of(" <>") == std::string::npos);
}

std::string check_command(std::string_view line) {
  const auto parsed = parse_command(line);
  if (const auto* wrong = std::get_if<command::Wrong>(&parsed)) {
    if (wrong->code < 500 || wrong->code > 555 || wrong->text.empty()) return "a refusal without a code or a text";
    if (has_control(wrong->text)) return "a refusal that repeats control characters";
  } else if (const auto* mail = std::get_if<command::Mail>(&parsed)) {
    if (!mail->sender.empty() && !is_address(mail->sender)) return "a sender that is no address";
    if (!is_harmless(mail->sender) || !is_xtext(mail->envid)) return "a sender or ENVID that may not be repeated";
    if (!is_ascii(mail->sender) && !mail->smtputf8) return "a sender beyond ASCII without SMTPUTF8";
  } else if (const auto* rcpt = std::get_if<command::Rcpt>(&parsed)) {
    if (!is_harmless(rcpt->recipient) || rcpt->recipient.empty()) return "a recipient that may not be repeated";
    if (!rcpt->orcpt.empty() && !is_original_recipient(rcpt->orcpt)) return "an ORCPT that may not be repeated";
    if (!is_utf8(rcpt->recipient) || !is_utf8(rcpt->orcpt)) return "a recipient or ORCPT that is no UTF-8";
  } else if (const auto* hello = std::get_if<command::Hello>(&parsed)) {
    if (has_control(hello->domain)) return "a name in EHLO that may not be repeated";
  }
  return {};
}

std::string check_address(std::string_view text) {
  std::string wrong;
  const auto path = read_path(text, wrong);
  if (path ? path->used > text.size() || path->used < 2 : wrong.empty()) return "more read than there is, or no reason given";
  if (path && !path->address.empty()) {
    if (!is_harmless(path->address) || !is_utf8(path->address)) return "a path that may not be repeated";
    const auto domain = domain_of(path->address), local = local_part_of(path->address);
    if (local.empty() || local.size() > max_local_part || domain.size() > max_domain) return "parts of a wrong length";
    if (!domain.empty() && std::string(local) + "@" + std::string(domain) != path->address) return "parts that are not the whole";
    if (domain.empty() == is_address(path->address)) return "an address without a domain, or the reverse";
    const auto again = read_path("<" + path->address + ">", wrong);
    if (!again || again->address != path->address) return "an address that is not read back: " + path->address;
  }
  if (is_address(text) && (!is_harmless(std::string(text)) || domain_of(text).empty()))
    return "an address that may not be repeated";
  if (is_domain(text) && (text.find_first_of(" \t@<>\"\\") != std::string_view::npos || has_control(text)))
    return "a strange domain";
  return {};
}

std::string check_xtext(std::string_view text) {
  const std::string encoded = encode_xtext(text);
  if (!is_xtext(encoded) || has_control(encoded) || encoded.find_first_of(" =") != std::string::npos)
    return "encodes to no xtext";
  if (decode_xtext(encoded) != std::string(text)) return "is not decoded to what it was";
  const auto decoded = decode_xtext(text);
  if (decoded.has_value() != is_xtext(text)) return "is xtext and is not";
  if (decoded && decoded->size() > text.size()) return "grows when decoded";
  if (is_original_recipient(text) && (has_control(text) || text.find(' ') != std::string_view::npos)) return "a strange ORCPT";
  return {};
}

}  // namespace

Target command() {
  return {"command",
          check_command,
          {"MAIL FROM:<a@example.com> SIZE=10 BODY=8BITMIME SMTPUTF8 AUTH=<> RET=FULL ENVID=x+2By",
           "RCPT TO:<\"a b\"@[IPv6:2001:db8::1]> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;b\xC3\xBC@example.org",
           "RCPT TO:<@one.example,@two.example:a@example.com>", "BDAT 100 LAST", "AUTH PLAIN AGEAYg==", "EHLO client.example",
           "MAIL FROM:<b\xC3\xBC@example.com> SMTPUTF8", "VRFY a", "HELP", "NOOP x"}};
}

Target address() {
  return {"address",
          check_address,
          {"<a@example.com>", "<\"a \\\" b\"@example.com> x", "<@one.example,@two.example:a@example.com>", "<postmaster>", "<>",
           "<a@[192.0.2.1]>", "<a@[IPv6:2001:db8::1]>", "<b\xC3\xBC.x@b\xC3\xBC.example>", "a.b+c@example.com",
           "\"a@b\"@example.com", "xn--bcher-kva.example"}};
}

Target xtext() {
  return {"xtext",
          check_xtext,
          {"a+2Bb", "rfc822;Ann+40Example", "utf-8;b\xC3\xBC@example.org", "+0D+0A", std::string("\0\xFF=+ ", 5)}};
}

}  // namespace fuzz
