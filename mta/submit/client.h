// mta/submit/client.h — the client of a conversation, as far as we know it.
//
// What      Where it comes from, what it said, who it proved to be, under which listener and configuration.
// Units     –
// Promise   listener and user point into config, which is kept alive here.
// Errors    None.
// Source    conf/example.toml ([[listener]], [auth]); README "From an application"; RFC 6409 §3.
// Not here  the conversation (server_session.h).
#pragma once

#include <optional>
#include <string>

#include "mta/submit/parts.h"

namespace mta {

struct Client {
  std::shared_ptr<const conf::Config> config;
  std::shared_ptr<const dkim::Signer> signer;
  std::shared_ptr<const TlsIdentity> identity;
  const conf::ListenerOptions* listener = nullptr;
  std::string address;
  bool loopback = false;
  std::string hello;      // what it calls itself; "" before EHLO
  bool extended = false;  // EHLO, not HELO
  std::optional<TlsFacts> tls;
  const conf::User* user = nullptr;

  bool may_relay() const;           // AUTH, or an address of relay_from unless AUTH is required
  std::string fixed_class() const;  // of the listener, else of the user; "": the header decides
  bool completes() const { return user != nullptr || listener->submission; }  // RFC 6409 §8
  bool auth_offered() const { return listener->auth != conf::ListenerAuth::off && (tls || loopback); }
  bool tls_offered() const { return identity && !tls && listener->tls == conf::ListenerTls::starttls; }
};

// The client's address as text; IPv4 in IPv6 is IPv4.
std::string client_address(const Endpoint&);

}  // namespace mta
