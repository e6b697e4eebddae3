#include "conf/names.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace conf {
namespace {

bool letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_label(std::string_view label) {  // RFC 1123 §2.1; the underscore is met in practice
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) { return letter_or_digit(c) || c == '-' || c == '_'; });
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253 || ip_octets(text)) return false;
  while (true) {
    const auto dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_own_name(std::string_view text) {
  if (text.empty() || text.size() > 64 || !letter_or_digit(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_address_literal(std::string_view text) {  // RFC 5321 §4.1.3
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  const bool v6 = text.starts_with("IPv6:");
  const auto octets = ip_octets(v6 ? text.substr(5) : text);
  return octets && (octets->size() == 16) == v6;
}

bool is_local_part(std::string_view text) {  // RFC 5321 §4.1.2: Dot-string, and UTF-8 as RFC 6531 allows
  if (text.empty() || text.size() > 64 || text.front() == '.' || text.back() == '.') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return letter_or_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view(".!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
  });
}

bool is_mailbox(std::string_view text) {
  const auto at = text.rfind('@');
  return at != std::string_view::npos && is_local_part(text.substr(0, at)) && is_host_name(text.substr(at + 1));
}

bool is_endpoint(std::string_view text) {
  const auto split = split_host_port(text);
  return split && ip_octets(split->host);
}

bool is_relay(std::string_view text) {
  const auto split = split_host_port(text);
  return split && split->port != 0 && (is_host_name(split->host) || ip_octets(split->host));
}

bool is_web_address(std::string_view text) {
  const bool scheme = text.starts_with("http://") || text.starts_with("https://");
  const auto printable = [](char c) { return c > 0x20 && c < 0x7f; };
  return scheme && text.find("//") + 2 < text.size() && std::all_of(text.begin(), text.end(), printable);
}

}  // namespace

const Form own_name{"a name of letters, digits, '-', '_' and '.'", is_own_name};
const Form host_name{"a host name like \"mta1.example.com\"", is_host_name};
const Form helo_name{"a host name like \"out1.example.com\" or an address literal like \"[192.0.2.1]\"",
                     [](std::string_view text) { return is_host_name(text) || is_address_literal(text); }};
const Form mailbox{"a mail address like \"postmaster@example.com\"", is_mailbox};
const Form ip_literal{"an IP address like \"203.0.113.10\" or \"2001:db8::1\"",
                      [](std::string_view text) { return ip_octets(text).has_value(); }};
const Form endpoint{"an address and port like \"127.0.0.1:587\" or \"[::1]:587\"", is_endpoint};
const Form name_server{"an address and port like \"127.0.0.1:53\" or \"[::1]:53\"",
                       [](std::string_view text) { return is_endpoint(text) || ip_octets(text); }};
const Form relay{"a host and port like \"relay.example.net:587\"", is_relay};
const Form domain_pattern{"a domain like \"example.org\" or \"*.example.org\"",
                          [](std::string_view text) { return is_host_name(text.starts_with("*.") ? text.substr(2) : text); }};
const Form never_suppressed{"an address like \"a@example.com\" or a domain like \"@example.com\"", [](std::string_view text) {
                              return text.starts_with('@') ? is_host_name(text.substr(1)) : is_mailbox(text);
                            }};
const Form web_address{"a URL like \"https://example.com/hook\"", is_web_address};

std::optional<std::vector<std::uint8_t>> ip_octets(std::string_view text) {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // RFC 4291 §2.5.5.2
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  std::vector<std::uint8_t> octets(16);
  if (inet_pton(AF_INET, copy.c_str(), octets.data()) == 1) return octets.resize(4), octets;
  if (inet_pton(AF_INET6, copy.c_str(), octets.data()) != 1) return std::nullopt;
  if (std::equal(mapped.begin(), mapped.end(), octets.begin())) octets.erase(octets.begin(), octets.begin() + 12);
  return octets;
}

bool is_unicast(std::string_view ip) {
  const auto octets = ip_octets(ip);
  const bool unspecified = std::all_of(octets->begin(), octets->end(), [](std::uint8_t octet) { return octet == 0; });
  const bool v6 = octets->size() == 16;
  return !unspecified && (v6 ? octets->front() != 0xFF : octets->front() < 224);
}

bool is_loopback(std::string_view ip) {
  const auto octets = ip_octets(ip);
  if (!octets) return false;
  if (octets->size() == 4) return octets->front() == 127;
  return octets->back() == 1 && std::all_of(octets->begin(), octets->end() - 1, [](std::uint8_t octet) { return octet == 0; });
}

std::optional<HostPort> split_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon), digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (host.find(':') != std::string_view::npos) != bracketed) return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return HostPort{std::string(host), port};
}

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return made;
}

}  // namespace conf
