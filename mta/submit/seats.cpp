#include "mta/submit/seats.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

namespace mta {
namespace {

constexpr unsigned ipv4_bits = 24, ipv6_bits = 64;

template <class Held>
auto most_of(const Held& held, std::size_t (*count)(const typename Held::mapped_type&)) {
  return std::ranges::max_element(
      held, [count](const auto& one, const auto& other) { return count(one.second) < count(other.second); });
}

}  // namespace

std::string client_network(const std::string& address) {
  namespace ip = boost::asio::ip;
  boost::system::error_code wrong;
  const auto parsed = ip::make_address(address, wrong);
  if (wrong) return address;
  if (parsed.is_v4()) return ip::network_v4(parsed.to_v4(), ipv4_bits).canonical().to_string();
  return ip::network_v6(parsed.to_v6(), ipv6_bits).canonical().to_string();
}

std::size_t Seats::held_by(const std::string& network) const {
  const auto found = networks_.find(network);
  return found == networks_.end() ? 0 : found->second.held;
}

bool Seats::scarce(const SeatLimits& limits) const { return taken_ * 5 > limits.connections * 4; }

// Another address of the same network that holds at least two more gives one up.
Seats::SeatAnswer Seats::from_rival(const std::string& network, const std::string& client) const {
  const auto found = networks_.find(network);
  if (found == networks_.end()) return {};
  const auto& clients = found->second.clients;
  const auto own = clients.find(client);
  const auto held = own == clients.end() ? 0 : own->second;
  const auto most = most_of(
      clients, +[](const std::size_t& count) { return count; });
  if (most == clients.end() || most->second < held + 2) return {};
  return {true, network, most->first};
}

Seats::SeatAnswer Seats::ask(const std::string& client, bool stranger, const SeatLimits& limits) const {
  const auto network = client_network(client);
  const auto held = held_by(network);
  if (const auto own = networks_.find(network); own != networks_.end()) {
    const auto same = own->second.clients.find(client);
    if (same != own->second.clients.end() && same->second >= limits.per_client) return {};
  }
  const auto networks = networks_.size() + (held == 0 ? 1 : 0);
  const auto share = std::max<std::size_t>(1, limits.connections / networks);
  const bool room = taken_ - std::min(leaving_, taken_) < limits.connections;
  if (room && !(stranger && scarce(limits) && held >= share)) return {true, "", ""};
  if (!room && held < share) {
    const auto most = most_of(
        networks_, +[](const SeatsOfNetwork& one) { return one.held; });
    if (most != networks_.end() && most->second.held > std::max(share, held + 1)) return {true, most->first, ""};
  }
  return from_rival(network, client);
}

void Seats::take(const std::string& client) {
  auto& network = networks_[client_network(client)];
  ++network.held;
  ++network.clients[client];
  ++taken_;
}

void Seats::leave(const std::string& client, bool was_giving_up) {
  --taken_;
  if (was_giving_up) --leaving_;
  const auto network = networks_.find(client_network(client));
  const auto own = network->second.clients.find(client);
  if (--own->second == 0) network->second.clients.erase(own);
  if (--network->second.held == 0) networks_.erase(network);
}

}  // namespace mta
