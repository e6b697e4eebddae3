#include <algorithm>
#include <charconv>

#include "conf/config.h"
#include "conf/names.h"

namespace conf {
namespace {

constexpr unsigned mapped_prefix = 96;  // ::ffff:0:0/96, RFC 4291 §2.5.5.2

// Clears the host bits, so that "10.1.2.3/8" is 10.0.0.0/8.
void mask(std::array<std::uint8_t, 16>& bytes, unsigned prefix) {
  for (unsigned bit = prefix; bit < 128; ++bit)
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] & ~(0x80U >> (bit % 8)));
}

std::optional<unsigned> parse_prefix(std::string_view digits) {
  unsigned prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc{} || end != digits.data() + digits.size() || prefix > 128) return std::nullopt;
  return prefix;
}

}  // namespace

std::optional<Network> Network::parse(const std::string& text) {
  const auto slash = text.find('/');
  const std::string_view address = std::string_view(text).substr(0, slash);
  const auto octets = ip_octets(address);
  if (!octets) return std::nullopt;
  Network made{.text = text, .v6 = octets->size() == 16};
  std::copy(octets->begin(), octets->end(), made.bytes.begin());
  made.prefix = made.v6 ? 128 : 32;
  if (slash != std::string::npos) {
    auto prefix = parse_prefix(std::string_view(text).substr(slash + 1));
    const bool mapped = !made.v6 && address.find(':') != std::string_view::npos;
    if (!prefix || (mapped && *prefix < mapped_prefix)) return std::nullopt;
    if (mapped) *prefix -= mapped_prefix;
    if (*prefix > made.prefix) return std::nullopt;
    made.prefix = *prefix;
  }
  mask(made.bytes, made.prefix);
  return made;
}

bool Network::contains(const std::string& address) const {
  const auto octets = ip_octets(std::string_view(address).substr(0, address.find('%')));  // RFC 4007 §11: "fe80::1%eth0"
  if (!octets || (octets->size() == 16) != v6) return false;
  std::array<std::uint8_t, 16> other{};
  std::copy(octets->begin(), octets->end(), other.begin());
  mask(other, prefix);
  return other == bytes;
}

}  // namespace conf
