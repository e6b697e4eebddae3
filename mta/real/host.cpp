#include "mta/real/host.h"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cctype>

namespace mta::real {

std::string fully_qualified_host_name() {
  std::array<char, 256> buffer{};
  if (gethostname(buffer.data(), buffer.size() - 1) != 0 || buffer[0] == '\0') return "localhost";
  std::string name = buffer.data();
  if (name.find('.') == std::string::npos) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_flags = AI_CANONNAME;
    if (getaddrinfo(name.c_str(), nullptr, &hints, &found) == 0) {
      if (found->ai_canonname != nullptr) name = found->ai_canonname;
      freeaddrinfo(found);
    }
  }
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return name;
}

bool has_address(const std::string& address) {
  if (address.empty()) return true;
  boost::system::error_code fault;
  const auto wanted = boost::asio::ip::make_address(address, fault);
  if (fault) return false;
  boost::asio::io_context context;
  boost::asio::ip::tcp::socket socket(context);
  const boost::asio::ip::tcp::endpoint at(wanted, 0);
  (void)socket.open(at.protocol(), fault);
  if (!fault) (void)socket.bind(at, fault);
  return !fault;
}

}  // namespace mta::real
