#include "mta/submit/client.h"

#include <algorithm>

namespace mta {

bool Client::may_relay() const {
  if (user != nullptr) return true;
  if (listener->auth == conf::ListenerAuth::required) return false;
  return std::ranges::any_of(listener->relay_from, [this](const conf::Network& network) { return network.contains(address); });
}

std::string Client::fixed_class() const {
  if (listener->mail_class != "auto") return listener->mail_class;
  return user == nullptr ? "" : user->mail_class;
}

std::string client_address(const Endpoint& remote) {
  const auto& address = remote.address;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

}  // namespace mta
