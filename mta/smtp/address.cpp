#include "mta/smtp/address.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "mta/smtp/utf8.h"

namespace mta::smtp {
namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_high(char c) { return static_cast<unsigned char>(c) > 127; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }
char lower_char(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// RFC 5322 §3.2.3 atext, the dot of Dot-string, and UTF8-non-ascii of RFC 6531 §3.3.
bool is_dot_atom_char(char c) {
  return is_letter_or_digit(c) || is_high(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

// Length of the local part at the start of `text`, 0 when there is none.
std::size_t local_part_length(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() != '"') {
    const auto end = std::ranges::find_if_not(text, is_dot_atom_char);
    return static_cast<std::size_t>(end - text.begin());
  }
  for (std::size_t i = 1; i < text.size(); ++i) {  // RFC 5321 §4.1.2 Quoted-string
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
    if (i == text.size() || is_control(text[i])) return 0;
  }
  return 0;
}

// Length of what can be a domain or a literal at the start of `text`.
std::size_t domain_length(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    const auto end = text.find(']');
    return end == std::string_view::npos ? 0 : end + 1;
  }
  const auto end = std::ranges::find_if_not(
      text, [](char c) { return is_letter_or_digit(c) || is_high(c) || c == '-' || c == '.' || c == '_'; });
  return static_cast<std::size_t>(end - text.begin());
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || is_high(c) || c == '-' || c == '_'; });
}

// RFC 5321 Appendix C: "@one,@two:" before the mailbox is read and dropped.
bool skip_source_route(std::string_view& rest) {
  while (!rest.empty() && rest.front() == '@') {
    const auto length = domain_length(rest.substr(1));
    if (!is_domain(rest.substr(1, length))) return false;
    rest.remove_prefix(1 + length);
    if (rest.empty() || (rest.front() != ',' && rest.front() != ':')) return false;
    const bool last = rest.front() == ':';
    rest.remove_prefix(1);
    if (last) return true;
  }
  return false;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower_char);
  return result;
}

bool is_ascii(std::string_view text) { return std::ranges::none_of(text, is_high); }

bool is_domain(std::string_view text) {
  if (text.empty() || text.size() > max_domain || !is_utf8(text)) return false;
  while (true) {
    const auto dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_literal(std::string_view text) {
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
  std::string inside(text.substr(1, text.size() - 2));
  const bool v6 = lower(inside.substr(0, 5)) == "ipv6:";  // RFC 5321 §4.1.3
  if (v6) inside.erase(0, 5);
  // No zones; and nothing behind a NUL, where make_address stops reading.
  if (inside.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos) return false;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(inside, error);
  return !error && address.is_v6() == v6;
}

std::string_view domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos || address.back() == '"') return {};
  return address.substr(at + 1);
}

std::string_view local_part_of(std::string_view address) {
  const auto domain = domain_of(address);
  return domain.empty() ? address : address.substr(0, address.size() - domain.size() - 1);
}

bool same_ignoring_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower_char, lower_char); }

std::optional<Path> read_path(std::string_view text, std::string& wrong) {
  const auto fail = [&wrong](const char* reason) {
    wrong = reason;
    return std::nullopt;
  };
  if (text.empty() || text.front() != '<') return fail("the address must stand in <>");
  std::string_view rest = text.substr(1);
  if (!rest.empty() && rest.front() == '>') return Path{"", 2};
  if (!rest.empty() && rest.front() == '@' && !skip_source_route(rest)) return fail("bad source route");
  const auto local = local_part_length(rest);
  if (local == 0) return fail("bad local part");
  if (local > max_local_part) return fail("local part longer than 64 octets");  // RFC 5321 §4.5.3.1.1
  std::size_t length = local;
  if (length < rest.size() && rest[length] == '@') {
    const auto domain = domain_length(rest.substr(local + 1));
    if (domain > max_domain) return fail("domain longer than 255 octets");  // RFC 5321 §4.5.3.1.2
    const auto name = rest.substr(local + 1, domain);
    if (!is_domain(name) && !is_literal(name)) return fail("bad domain");
    length = local + 1 + domain;
  }
  if (length >= rest.size() || rest[length] != '>') return fail("unexpected character in the address");
  if (!is_utf8(rest.substr(0, length))) return fail("the address is not UTF-8");  // RFC 6531 §3.3
  const auto before = static_cast<std::size_t>(rest.data() - text.data());
  return Path{std::string(rest.substr(0, length)), before + length + 1};
}

bool is_address(std::string_view text) {
  std::string wrong, bracketed = "<";
  bracketed.append(text).append(">");
  const auto path = read_path(bracketed, wrong);
  return path && path->used == bracketed.size() && path->address == text && !domain_of(text).empty();
}

}  // namespace mta::smtp
