// mta/real/tcp_stream.h — a TCP connection, in clear or under TLS.
//
// What      The Stream of mta/doors/world.h over a kernel socket; start_tls lays OpenSSL over the same socket.
// Units     Octets; bodies should come in pieces of 16 KiB or more (one TLS record, one send).
// Promise   One deadline for all operations: it closes the socket. TLS talks to the socket directly and waits only when OpenSSL
//           wants to, and gives way to other conversations after some turns without a wait.
// Errors    StreamLost, its text naming the other side and the cause. A failed handshake, whatever the reason but time, is
//           Loss::tls. A failed write leaves the socket open: a server that refuses in mid-body speaks before it resets, and the kernel
//           keeps what it said.
// Source    RFC 9293; RFC 3207 §4; RFC 8446 §6.1 (close_notify).
// Not here  connecting and accepting (net.h), certificates (tls_context.h).
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "mta/doors/world.h"
#include "mta/real/deadline.h"
#include "mta/real/tls_context.h"
#include "mta/real/tls_session.h"

namespace mta::real {

class TcpStream : public Stream {
 public:
  // REQUIRES: a connected socket on the executor on which all calls will be made. The client's TLS is shared with the Net, which
  // a stream may outlive during shutdown.
  TcpStream(asio::ip::tcp::socket, std::shared_ptr<TlsClient>);

  void expires_after(Duration limit) override;
  awaitable<std::size_t> read_some(std::span<char>) override;
  bool has_arrived() override;
  awaitable<void> write(std::string_view) override;
  awaitable<TlsFacts> start_tls(TlsRequest) override;
  awaitable<void> shut() override;
  void close() noexcept override;
  Endpoint local() const override { return local_; }
  Endpoint remote() const override { return remote_; }

 private:
  awaitable<std::size_t> read_tls(std::span<char>);
  awaitable<void> write_tls(std::string_view);
  awaitable<void> wait_for(TlsStep);
  awaitable<void> give_way();
  [[noreturn]] void lose(const boost::system::error_code&);
  [[noreturn]] void lose_write(const boost::system::error_code&);  // without closing
  [[noreturn]] void lose_now(const boost::system::error_code&) const;
  [[noreturn]] void lose_tls(TlsStep);
  void must_be_open() const;
  StreamLost lost(Loss, const std::string& cause) const;
  void drain();

  asio::ip::tcp::socket socket_;
  std::shared_ptr<TlsClient> client_;
  Endpoint local_, remote_;
  std::unique_ptr<TlsSession> tls_;
  unsigned turns_ = 0;  // reads and writes since the last wait
  Deadline deadline_;   // last: its strike closes the socket
};

// What the kernel's error means to a conversation.
Loss loss_of(const boost::system::error_code&);

}  // namespace mta::real
