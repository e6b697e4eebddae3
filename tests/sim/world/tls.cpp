#include "tests/sim/world/tls.h"

#include <fmt/format.h>

namespace mta::sim {

namespace {
bool covers(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return pattern == host;
  const auto dot = host.find('.');
  return dot != std::string_view::npos && host.substr(dot) == pattern.substr(1);
}
}  // namespace

std::string verify(const SimIdentity& identity, const std::string& host) {
  if (!identity.trusted) return "self-signed certificate";
  if (identity.names.empty()) return "";
  for (const auto& name : identity.names)
    if (covers(name, host)) return "";
  return "hostname mismatch";
}

namespace flight {

namespace {
constexpr std::string_view marker = "\x16\x03\x01";
std::string flight(char kind, const std::string& body) { return fmt::format("{}{}{:04x}{}", marker, kind, body.size(), body); }
}  // namespace

std::string client_hello(const TlsRequest& wish, bool resumes) { return flight('C', (resumes ? "R" : "N") + wish.host); }

std::string server_hello(const SimIdentity& identity, bool resumes) {
  std::string body = resumes ? "R" : "N";
  body += identity.trusted ? 'T' : 'S';
  for (const auto& name : identity.names) body += name + ",";
  return flight('S', body);
}

std::string finished() { return flight('F', ""); }
std::string alert() { return flight('A', ""); }

std::optional<std::size_t> body_bytes(std::string_view header, char kind) {
  if (header.size() != header_bytes || !header.starts_with(marker) || header[marker.size()] != kind) return std::nullopt;
  return std::stoul(std::string(header.substr(marker.size() + 1)), nullptr, 16);
}

ClientHello read_client_hello(std::string_view body) { return {std::string(body.substr(1)), body.front() == 'R'}; }

ServerHello read_server_hello(std::string_view body) {
  ServerHello hello{{}, body[1] == 'T', body[0] == 'R'};
  for (std::string_view rest = body.substr(2); !rest.empty();) {
    const auto comma = rest.find(',');
    hello.names.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(comma + 1);
  }
  return hello;
}

}  // namespace flight
}  // namespace mta::sim
