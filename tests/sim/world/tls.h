// tests/sim/world/tls.h — certificates and handshakes, pretended.
//
// What      A certificate as a few facts, and what a handshake with it does. The simulated handshake is in-band: three flights of
//           marked octets, so a peer that speaks clear text breaks it, and so do octets sent before their time.
// Units     –
// Promise   wish.verify is honoured: a certificate that is not trusted or not for wish.host ends both sides with StreamLost{tls}.
// Errors    StreamLost{tls}.
// Source    mta/doors/world.h, RFC 3207.
// Not here  real TLS (mta/real).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mta/doors/world.h"

namespace mta::sim {

enum class Handshake { works, alerts, closes, babbles, hangs };  // what the server does when the client says hello

class SimIdentity final : public TlsIdentity {
 public:
  std::vector<std::string> names;  // "mx1.example.com", "*.example.com"; empty: whatever was asked for
  bool trusted = true;             // chain; false: self-signed
  Handshake handshake = Handshake::works;
};

// "" when the certificate verifies for `host`, else why not, as OpenSSL says it.
std::string verify(const SimIdentity&, const std::string& host);

namespace flight {  // the octets of the pretended handshake
std::string client_hello(const TlsRequest&, bool resumes);
std::string server_hello(const SimIdentity&, bool resumes);
std::string finished();
std::string alert();
struct ClientHello {
  std::string host;
  bool resumes;
};
struct ServerHello {
  std::vector<std::string> names;
  bool trusted, resumes;
};
inline constexpr std::size_t header_bytes = 8;                              // marker, kind, length
std::optional<std::size_t> body_bytes(std::string_view header, char kind);  // nothing: not this flight
ClientHello read_client_hello(std::string_view body);
ServerHello read_server_hello(std::string_view body);
}  // namespace flight

}  // namespace mta::sim
