// mta/real/net.h — connections of the kernel.
//
// What      Listening, connecting from a chosen address, loading certificates.
// Units     Durations in milliseconds.
// Promise   accept() survives a shortage of file descriptors: it waits and goes on. IPv6 listeners hear IPv6 only. A source
//           address takes its port late (IP_BIND_ADDRESS_NO_PORT), so one address can hold many connections.
// Errors    listen and load_identity throw std::runtime_error for people; connect throws StreamLost with both ends in its text.
// Source    ip(7), ipv6(7), socket(7).
// Not here  what is said (mta/smtp), the connection itself (tcp_stream.h).
#pragma once

#include "mta/doors/world.h"
#include "mta/real/tls_context.h"

namespace mta::real {

class KernelNet : public Net {
 public:
  explicit KernelNet(const std::string& ca_file);  // "": the system's authorities
  std::unique_ptr<Listener> listen(Executor, const Endpoint&) override;
  awaitable<std::unique_ptr<Stream>> connect(std::optional<asio::ip::address> from, Endpoint to, Duration limit) override;
  std::shared_ptr<const TlsIdentity> load_identity(const std::string& certificate, const std::string& key) override;

 private:
  std::shared_ptr<TlsClient> tls_;  // shared with streams, which may outlive us during shutdown
};

}  // namespace mta::real
