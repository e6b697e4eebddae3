#include "mta/route/host_name.h"

#include <idn2.h>

#include <algorithm>
#include <memory>
#include <string>

#include "mta/route/mx.h"

namespace mta {
namespace {

constexpr std::size_t longest_name = 253, longest_label = 63;  // RFC 1035 §2.3.4

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string lower(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(),
                 [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c); });
  return made;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > longest_label || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) { return letter(c) || digit(c) || c == '-' || c == '_'; });
}

std::optional<asio::ip::address> address_of(std::string_view text) {
  boost::system::error_code fault;
  const auto address = asio::ip::make_address(std::string(text), fault);
  if (fault) return std::nullopt;
  return address;
}

std::string_view without_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

}  // namespace

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > longest_name) return false;
  std::string_view label;
  for (std::string_view rest = name;; rest.remove_prefix(label.size() + 1)) {
    label = rest.substr(0, rest.find('.'));
    if (!is_label(label)) return false;
    if (label.size() == rest.size()) break;
  }
  return !std::all_of(label.begin(), label.end(), digit);  // RFC 3696 §2: else "192.0.2.1" were a name
}

std::optional<asio::ip::address> address_in_place_of_name(std::string_view name) {
  name = without_dot(name);
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') return address_of(name.substr(1, name.size() - 2));
  return address_of(name);
}

bool is_address_in_zone(std::string_view host, std::string_view zone) {
  if (zone.empty() || host.size() <= zone.size() + 1 || !host.ends_with(zone)) return false;
  host.remove_suffix(zone.size());
  if (!host.ends_with('.')) return false;
  const auto address = address_of(without_dot(host));
  return address && address->is_v4();
}

std::optional<asio::ip::address> address_literal(std::string_view domain) {
  if (domain.size() < 3 || domain.front() != '[' || domain.back() != ']') return std::nullopt;
  const std::string_view inside = domain.substr(1, domain.size() - 2);
  constexpr std::string_view tag = "ipv6:";
  const bool tagged = lower(inside.substr(0, tag.size())) == tag;
  const auto address = address_of(tagged ? inside.substr(tag.size()) : inside);
  if (!address || address->is_v6() != tagged) return std::nullopt;
  if (address->is_v6() && !address->to_v6().scope_id()) return address;
  return address->is_v4() ? address : std::nullopt;
}

std::optional<std::string> ascii_domain(std::string_view domain) {
  domain = without_dot(domain);
  std::string name = lower(domain);
  const bool ascii = std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) {
    if (name.find('\0') != std::string::npos) return std::nullopt;
    char* made = nullptr;
    const int fault = idn2_to_ascii_8z(name.c_str(), &made, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);  // RFC 5891 §4
    const std::unique_ptr<char, void (*)(void*)> owned(made, idn2_free);
    if (fault != IDN2_OK) return std::nullopt;
    name = lower(made);
  }
  if (!is_host_name(name)) return std::nullopt;
  return name;
}

}  // namespace mta
