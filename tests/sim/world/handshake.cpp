// The pretended handshake of tls.h over a Wire.
#include <fmt/format.h>

#include "tests/sim/world/wire.h"

namespace mta::sim {

namespace {

// Exactly one flight of this kind, judged as soon as its first octets are wrong. Nothing: it was something else.
awaitable<std::optional<std::string>> read_flight(std::shared_ptr<Wire> wire, int side, char kind) {
  const std::string right = flight::finished().substr(0, 3) + kind;
  std::string octets;
  std::size_t wanted = flight::header_bytes;
  while (octets.size() < wanted) {
    std::string piece(wanted - octets.size(), '\0');
    const std::size_t count = co_await read_some(wire, side, piece);
    octets += piece.substr(0, count);
    const std::size_t known = std::min(octets.size(), right.size());
    if (octets.substr(0, known) != right.substr(0, known)) co_return std::nullopt;
    if (octets.size() == flight::header_bytes) wanted += flight::body_bytes(octets, kind).value_or(0);
  }
  co_return octets.substr(flight::header_bytes);
}

awaitable<TlsFacts> greet_as_client(std::shared_ptr<Wire> wire, int side, TlsRequest wish, std::set<std::string>* sessions) {
  const bool known = !wish.session_key.empty() && sessions->contains(wish.session_key);
  const std::string hello = flight::client_hello(wish, known);
  co_await write(wire, side, hello);
  const std::optional<std::string> answer = co_await read_flight(wire, side, 'S');
  if (!answer) wire->fail(side, Loss::tls, "handshake failed");
  const flight::ServerHello server = flight::read_server_hello(*answer);
  SimIdentity shown;
  shown.names = server.names;
  shown.trusted = server.trusted;
  TlsFacts facts{"TLSv1.3", "TLS_AES_256_GCM_SHA384", false, server.resumes, verify(shown, wish.host)};
  facts.verified = facts.verify_error.empty();
  if (wish.verify && !facts.verified) {
    const std::string alert = flight::alert();
    co_await write(wire, side, alert);
    wire->fail(side, Loss::tls, "certificate verify failed: " + facts.verify_error);
  }
  const std::string finished = flight::finished();
  co_await write(wire, side, finished);
  if (!wish.session_key.empty()) sessions->insert(wish.session_key);
  co_return facts;
}

awaitable<TlsFacts> greet_as_server(std::shared_ptr<Wire> wire, int side, TlsRequest wish) {
  const auto& identity = dynamic_cast<const SimIdentity&>(*wish.identity);
  const std::optional<std::string> hello = co_await read_flight(wire, side, 'C');
  if (!hello) wire->fail(side, Loss::tls, "handshake failed: no client hello");
  const flight::ClientHello client = flight::read_client_hello(*hello);
  std::string answer = flight::server_hello(identity, client.resumes);
  if (identity.handshake == Handshake::closes) wire->fail(side, Loss::tls, "told to close");
  if (identity.handshake == Handshake::alerts) answer = flight::alert();
  if (identity.handshake == Handshake::babbles) answer = "500 5.5.1 what is this?\r\n";
  if (identity.handshake != Handshake::hangs) co_await write(wire, side, answer);
  const std::optional<std::string> finished = co_await read_flight(wire, side, 'F');
  if (!finished) wire->fail(side, Loss::tls, "handshake failed: the client refused");
  co_return TlsFacts{"TLSv1.3", "TLS_AES_256_GCM_SHA384", false, client.resumes, "no client certificate"};
}

}  // namespace

awaitable<TlsFacts> shake_hands(std::shared_ptr<Wire> wire, int side, TlsRequest wish, std::set<std::string>* sessions) {
  wire->check(side);
  Side& me = wire->sides.at(static_cast<std::size_t>(side));
  if (me.secure) wire->fail(side, Loss::tls, "already encrypted");
  TlsFacts facts;
  std::optional<StreamLost> lost;
  try {
    if (wish.identity)
      facts = co_await greet_as_server(wire, side, wish);
    else
      facts = co_await greet_as_client(wire, side, wish, sessions);
  } catch (const StreamLost& end) {
    lost = end;
  }
  if (lost && (lost->loss == Loss::eof || lost->loss == Loss::reset))
    wire->fail(side, Loss::tls, "the other side closed during the handshake");
  if (lost) throw *lost;
  me.secure = true;
  wire->loop.log("tls", fmt::format("#{} {} secure", wire->number, side == 0 ? "client" : "server"));
  co_return facts;
}

}  // namespace mta::sim
