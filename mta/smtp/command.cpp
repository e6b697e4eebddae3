#include "mta/smtp/command.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "mta/smtp/address.h"
#include "mta/smtp/xtext.h"

namespace mta::smtp {
namespace {

using namespace command;

constexpr std::size_t max_line = 510;                              // RFC 5321 §4.5.3.1.4: 512 with CRLF
constexpr std::size_t max_line_with_parameters = max_line + 1024;  // SIZE 26, BODY 17, SMTPUTF8 10, AUTH 500, DSN 115 or 535
constexpr std::size_t max_envid = 100;                             // RFC 3461 §4.4
constexpr std::size_t max_orcpt = 500;                             // RFC 3461 §4.2

bool same(std::string_view a, std::string_view upper) {
  return std::ranges::equal(a, upper, {}, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view next_word(std::string_view& rest) {
  rest = trimmed(rest);
  const auto end = std::min(rest.find(' '), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, value);
  if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

Wrong syntax(std::string text, CommandStage stage = CommandStage::other) { return {501, "5.5.4", std::move(text), stage}; }

// One ESMTP parameter, RFC 5321 §4.1.2: esmtp-keyword ["=" esmtp-value].
struct Parameter {
  std::string_view keyword, value;
  bool has_value = false;
};

bool is_keyword(std::string_view text) {
  const auto letter_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !text.empty() && letter_or_digit(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter_or_digit(c) || c == '-'; });
}

bool is_value(std::string_view text) {  // octets above 127 with SMTPUTF8 (RFC 6531 §3.3)
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 32 && c != 127 && c != '='; });
}

// Splits and checks the form; nothing for a syntax error or a parameter given twice.
std::optional<std::vector<Parameter>> parameters(std::string_view rest) {
  std::vector<Parameter> found;
  for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
    const auto equals = word.find('=');
    Parameter next{word.substr(0, equals), {}, equals != std::string_view::npos};
    if (next.has_value) next.value = word.substr(equals + 1);
    if (!is_keyword(next.keyword) || (next.has_value && !is_value(next.value))) return std::nullopt;
    const auto twice = [&](const Parameter& earlier) { return std::ranges::equal(lower(earlier.keyword), lower(next.keyword)); };
    if (std::ranges::any_of(found, twice)) return std::nullopt;
    found.push_back(next);
  }
  return found;
}

Wrong unknown_parameter(CommandStage stage) { return {555, "5.5.4", "parameter not known", stage}; }  // RFC 5321 §4.1.1.11

// RFC 1870 §3, 6152 §3, 6531 §3.4, 4954 §5, 3461 §4.3 and §4.4.
std::optional<Wrong> apply(Mail& mail, const Parameter& given) {
  const auto value = given.value;
  if (same(given.keyword, "SIZE")) {
    mail.size = number(value);
    if (!mail.size || value.size() > 20) return syntax("SIZE wants a number", CommandStage::mail);
  } else if (same(given.keyword, "BODY")) {
    if (!same(value, "7BIT") && !same(value, "8BITMIME")) return syntax("BODY is 7BIT or 8BITMIME", CommandStage::mail);
  } else if (same(given.keyword, "SMTPUTF8")) {
    if (given.has_value) return syntax("SMTPUTF8 has no value", CommandStage::mail);
    mail.smtputf8 = true;
  } else if (same(given.keyword, "AUTH")) {  // accepted and not believed
    if (!given.has_value || !is_xtext(value)) return syntax("AUTH wants xtext", CommandStage::mail);
  } else if (same(given.keyword, "RET")) {
    if (!same(value, "FULL") && !same(value, "HDRS")) return syntax("RET is FULL or HDRS", CommandStage::mail);
    mail.ret = same(value, "FULL") ? queue::Return::full : queue::Return::headers;
  } else if (same(given.keyword, "ENVID")) {
    if (!given.has_value || value.size() > max_envid || !is_xtext(value))
      return syntax("ENVID wants at most 100 octets of xtext", CommandStage::mail);
    mail.envid = value;
  } else {
    return unknown_parameter(CommandStage::mail);
  }
  return std::nullopt;
}

// RFC 3461 §4.1: NEVER alone, or a list of the others.
std::optional<std::uint8_t> notify_bits(std::string_view list) {
  if (same(list, "NEVER")) return queue::notify::never;
  std::uint8_t bits = 0;
  while (true) {
    const auto comma = list.find(',');
    const auto word = list.substr(0, comma);
    if (same(word, "SUCCESS"))
      bits |= queue::notify::success;
    else if (same(word, "FAILURE"))
      bits |= queue::notify::failure;
    else if (same(word, "DELAY"))
      bits |= queue::notify::delay;
    else
      return std::nullopt;
    if (comma == std::string_view::npos) return bits;
    list.remove_prefix(comma + 1);
  }
}

std::optional<Wrong> apply(Rcpt& rcpt, const Parameter& given) {
  if (same(given.keyword, "NOTIFY")) {
    const auto bits = notify_bits(given.value);
    if (!bits) return syntax("NOTIFY is NEVER or a list of SUCCESS, FAILURE, DELAY", CommandStage::rcpt);
    rcpt.notify = *bits;
  } else if (same(given.keyword, "ORCPT")) {  // RFC 3461 §4.2
    if (given.value.size() > max_orcpt || !is_original_recipient(given.value))
      return syntax("ORCPT wants type;xtext", CommandStage::rcpt);
    rcpt.orcpt = given.value;
  } else {
    return unknown_parameter(CommandStage::rcpt);
  }
  return std::nullopt;
}

// "FROM:<path> parameters" behind MAIL, "TO:<path> parameters" behind RCPT.
struct PathAndRest {
  std::string address;
  std::string_view rest;
};
std::variant<Wrong, PathAndRest> split_path(std::string_view argument, std::string_view keyword, CommandStage stage) {
  const std::string form = stage == CommandStage::mail ? "MAIL FROM:<address>" : "RCPT TO:<address>";
  if (argument.size() < keyword.size() || !same(argument.substr(0, keyword.size()), keyword)) return syntax("say " + form, stage);
  argument = trimmed(argument.substr(keyword.size()));
  std::string wrong;
  auto path = read_path(argument, wrong);
  const std::string_view enhanced = stage == CommandStage::mail ? "5.1.7" : "5.1.3";  // RFC 3463 §3.2
  if (!path) return Wrong{501, enhanced, std::move(wrong), stage};
  argument.remove_prefix(path->used);
  if (!argument.empty() && argument.front() != ' ') return syntax("a space must follow the address", stage);
  return PathAndRest{std::move(path->address), argument};
}

template <class Target>
Command with_parameters(Target target, std::string_view rest, CommandStage stage) {
  const auto given = parameters(rest);
  if (!given) return syntax("bad parameter", stage);
  for (const auto& parameter : *given) {
    if (auto wrong = apply(target, parameter)) return std::move(*wrong);
  }
  return target;
}

Command parse_mail(std::string_view argument) {
  auto split = split_path(argument, "FROM:", CommandStage::mail);
  if (auto* wrong = std::get_if<Wrong>(&split)) return std::move(*wrong);
  auto& path = std::get<PathAndRest>(split);
  if (!path.address.empty() && domain_of(path.address).empty())
    return Wrong{501, "5.1.7", "the sender needs a domain", CommandStage::mail};
  Mail mail;
  mail.sender = std::move(path.address);
  auto command = with_parameters(std::move(mail), path.rest, CommandStage::mail);
  if (const auto* parsed = std::get_if<Mail>(&command); parsed != nullptr && !parsed->smtputf8 && !is_ascii(parsed->sender)) {
    return Wrong{553, "5.6.7", "a sender beyond ASCII needs SMTPUTF8", CommandStage::mail};  // RFC 6531 §3.5
  }
  return command;
}

Command parse_rcpt(std::string_view argument) {
  auto split = split_path(argument, "TO:", CommandStage::rcpt);
  if (auto* wrong = std::get_if<Wrong>(&split)) return std::move(*wrong);
  auto& path = std::get<PathAndRest>(split);
  if (path.address.empty()) return Wrong{501, "5.1.3", "the recipient may not be empty", CommandStage::rcpt};
  if (domain_of(path.address).empty() && !same(path.address, "POSTMASTER")) {  // RFC 5321 §4.1.1.3
    return Wrong{501, "5.1.3", "the recipient needs a domain", CommandStage::rcpt};
  }
  Rcpt rcpt;
  rcpt.recipient = std::move(path.address);
  return with_parameters(std::move(rcpt), path.rest, CommandStage::rcpt);
}

Command parse_bdat(std::string_view argument) {  // RFC 3030 §2
  const auto size = number(next_word(argument));
  const auto word = next_word(argument);
  if (!size || !trimmed(argument).empty() || !(word.empty() || same(word, "LAST")))
    return syntax("say BDAT octets [LAST]", CommandStage::data);
  return Bdat{*size, !word.empty()};
}

Command parse_auth(std::string_view argument) {  // RFC 4954 §4
  const auto mechanism = next_word(argument);
  const auto initial = next_word(argument);
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (mechanism.empty() || !std::ranges::all_of(mechanism, fits) || !trimmed(argument).empty())
    return syntax("say AUTH mechanism");
  Auth auth{lower(mechanism), std::nullopt};
  std::ranges::transform(auth.mechanism, auth.mechanism.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (!initial.empty()) auth.initial = initial;
  return auth;
}

Command parse_hello(std::string_view argument, bool extended) {
  const bool printable = std::ranges::all_of(argument, [](char c) { return static_cast<unsigned char>(c) > 32 && c != 127; });
  if (argument.empty() || !printable)
    return Wrong{501, "", extended ? "say EHLO name" : "say HELO name"};  // no code: RFC 2034 §4
  return Hello{extended, std::string(argument)};
}

template <class T>
Command bare(std::string_view argument) {  // RFC 5321 §4.1.1: no parameters allowed
  if (!argument.empty())
    return syntax("no parameters allowed", std::is_same_v<T, Data> ? CommandStage::data : CommandStage::other);
  return T{};
}

Command parse_argument(std::string_view verb, std::string_view argument) {
  if (same(verb, "MAIL")) return parse_mail(argument);
  if (same(verb, "RCPT")) return parse_rcpt(argument);
  if (same(verb, "DATA")) return bare<Data>(argument);
  if (same(verb, "BDAT")) return parse_bdat(argument);
  if (same(verb, "EHLO")) return parse_hello(argument, true);
  if (same(verb, "HELO")) return parse_hello(argument, false);
  if (same(verb, "RSET")) return bare<Rset>(argument);
  if (same(verb, "QUIT")) return bare<Quit>(argument);
  if (same(verb, "STARTTLS")) return bare<StartTls>(argument);
  if (same(verb, "AUTH")) return parse_auth(argument);
  if (same(verb, "NOOP")) return Noop{};  // RFC 5321 §4.1.1.9: a parameter is ignored
  if (same(verb, "HELP")) return Help{};
  if (same(verb, "VRFY")) {
    if (argument.empty()) return syntax("say VRFY name");
    return Vrfy{};
  }
  if (same(verb, "EXPN") || same(verb, "ETRN")) return Wrong{502, "5.5.1", "not implemented"};
  return Wrong{500, "5.5.2", "command not recognized"};
}

}  // namespace

Command parse_command(std::string_view line) {
  const auto space = std::min(line.find(' '), line.size());
  const auto verb = line.substr(0, space);
  const bool with_path = same(verb, "MAIL") || same(verb, "RCPT");
  const auto limit = same(verb, "AUTH") ? max_auth_line : with_path ? max_line_with_parameters : max_line;
  if (line.size() > limit) return Wrong{500, "5.5.2", "line too long"};  // RFC 5321 §4.5.3.1.4
  if (line.find('\0') != std::string_view::npos || line.find('\r') != std::string_view::npos) {
    return Wrong{500, "5.5.2", "NUL or bare CR in a command"};
  }
  return parse_argument(verb, trimmed(line.substr(space)));
}

}  // namespace mta::smtp
