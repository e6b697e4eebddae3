#include "mta/doors/world.h"

#include <charconv>

namespace mta {

std::string Endpoint::text() const {
  const std::string host = address.to_string();
  return (address.is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon), digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  Endpoint result;
  const auto end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, result.port);
  if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  boost::system::error_code error;
  result.address = asio::ip::make_address(std::string(host), error);
  if (error || result.address.is_v6() != bracketed) return std::nullopt;
  return result;
}

std::string_view name(Loss loss) {
  switch (loss) {
    case Loss::eof: return "connection closed by the other side";
    case Loss::timeout: return "timed out";
    case Loss::reset: return "connection reset";
    case Loss::refused: return "connection refused";
    case Loss::unreachable: return "network unreachable";
    case Loss::no_source: return "the source address is not on this host";
    case Loss::tls: return "TLS failed";
    case Loss::shut: return "closed by us";
    case Loss::slow: return "too slow";
  }
  return "lost";
}

}  // namespace mta
