#include "mta/route/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace mta {
namespace {

using asio::ip::address;
using asio::ip::address_v4;
using asio::ip::address_v6;

struct Prefix {
  std::array<std::uint8_t, 12> octets;
  unsigned bits;
  const char* text;
};

constexpr std::array never_v4 = {
    Prefix{{0}, 8, "lies in 0.0.0.0/8, which names no host"},
    Prefix{{169, 254}, 16, "lies in 169.254.0.0/16, which is link-local"},
    Prefix{{224}, 4, "is a multicast address"},
    Prefix{{240}, 4, "lies in 240.0.0.0/4, which is reserved"},
};
constexpr std::array never_v6 = {
    Prefix{{0}, 96, "lies in ::/96, which names no host"},
    Prefix{{0xfe, 0x80}, 10, "lies in fe80::/10, which is link-local"},
    Prefix{{0xff}, 8, "is a multicast address"},
};
constexpr std::array private_v4 = {
    Prefix{{10}, 8, "10.0.0.0/8"},
    Prefix{{172, 16}, 12, "172.16.0.0/12"},
    Prefix{{192, 168}, 16, "192.168.0.0/16"},
    Prefix{{100, 64}, 10, "100.64.0.0/10"},
};
constexpr std::array private_v6 = {
    Prefix{{0xfc}, 7, "fc00::/7"}, Prefix{{0xfe, 0xc0}, 10, "fec0::/10"},  // RFC 3879: the site-local addresses of old
};
constexpr Prefix nat64{{0, 0x64, 0xff, 0x9b}, 96, "64:ff9b::/96"};  // RFC 6052 §2.1

bool holds(const Prefix& prefix, std::span<const std::uint8_t> octets) {
  for (unsigned bit = 0; bit < prefix.bits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> bit % 8);
    if ((octets[bit / 8] & mask) != (prefix.octets.at(bit / 8) & mask)) return false;
  }
  return true;
}

template <class Prefixes>
const char* found_in(const Prefixes& prefixes, std::span<const std::uint8_t> octets) {
  const auto found = std::find_if(prefixes.begin(), prefixes.end(), [&](const Prefix& each) { return holds(each, octets); });
  return found == prefixes.end() ? nullptr : found->text;
}

// The address that packets would reach in the end.
address in_truth(const address& given) {
  if (!given.is_v6()) return given;
  const address_v6 six = given.to_v6();
  if (six.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, six);
  const auto octets = six.to_bytes();
  if (!holds(nat64, octets)) return address_v6(octets);  // without a scope
  return address_v4({octets[12], octets[13], octets[14], octets[15]});
}

bool is_ours(const Endpoint& target, const address& truly, const TargetRules& rules) {
  return std::any_of(rules.ours.begin(), rules.ours.end(),
                     [&](const Endpoint& own) { return own.port == target.port && in_truth(own.address) == truly; });
}

std::vector<address> addresses_of(const conf::Source& source) {
  std::vector<address> made;
  for (const std::string& text : {source.address, source.public_address}) {
    boost::system::error_code fault;
    const auto read = asio::ip::make_address(text, fault);
    if (!fault) made.push_back(read);
  }
  return made;
}

// Where this server listens: a listener on every address hears at those of the sources.
std::vector<Endpoint> own_endpoints(const conf::Config& config) {
  std::vector<Endpoint> made;
  for (const conf::ListenerOptions& listener : config.listeners) {
    const auto own = Endpoint::parse(listener.address);
    if (!own) continue;
    made.push_back(*own);
    if (!own->address.is_unspecified()) continue;
    for (const conf::Source& source : config.sources)
      for (const address& each : addresses_of(source)) made.push_back({each, own->port});
    made.push_back({asio::ip::address_v4::loopback(), own->port});
    made.push_back({asio::ip::address_v6::loopback(), own->port});
  }
  return made;
}

}  // namespace

TargetRules target_rules(const conf::Config& config) {
  return {config.delivery.allow_loopback, config.delivery.private_networks == conf::PrivateNetworks::allow, false,
          own_endpoints(config)};
}

std::string why_never(const Endpoint& target, const TargetRules& rules) {
  const address truly = in_truth(target.address);
  if (is_ours(target, truly, rules)) return "is this server itself";
  if (rules.by_operator) return "";
  if (truly.is_loopback()) return rules.loopback ? "" : "is this machine";
  const bool v4 = truly.is_v4();
  const auto four = v4 ? truly.to_v4().to_bytes() : address_v4::bytes_type{};
  const auto six = v4 ? address_v6::bytes_type{} : truly.to_v6().to_bytes();
  if (const char* why = v4 ? found_in(never_v4, four) : found_in(never_v6, six)) return why;
  const char* network = v4 ? found_in(private_v4, four) : found_in(private_v6, six);
  if (network == nullptr || rules.private_networks) return "";
  return fmt::format("lies in the private network {} ([delivery] private_networks is \"refuse\")", network);
}

}  // namespace mta
