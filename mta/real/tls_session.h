// mta/real/tls_session.h — OpenSSL's state machine over a non-blocking socket, without waiting.
//
// What      handshake, read, write, farewell: each does what is possible now and says what to wait for.
// Units     Octets.
// Promise   Never blocks, never raises SIGPIPE, leaves nothing in the thread's error queue. After `failed` or `ended` only the
//           texts may be asked.
// Errors    `failed`, with reason(): a text for people from OpenSSL's error queue, the certificate check or the socket.
// Source    RFC 8446, RFC 5246; SSL_get_error(3).
// Not here  waiting and time (tcp_stream.h), contexts, certificates and the session cache (tls_context.h).
#pragma once

#include <openssl/ossl_typ.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "mta/doors/world.h"

namespace mta::real {

enum class TlsStep { done, want_read, want_write, ended, failed };

struct SslFree {
  void operator()(SSL*) const;
};
using SslHandle = std::unique_ptr<SSL, SslFree>;

class TlsSession {
 public:
  TlsSession(SslHandle, int socket, std::string host);  // the socket stays its owner's
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  TlsStep handshake();
  TlsStep read(std::span<char> into, std::size_t& got);
  TlsStep peek();                                          // as read() would end, but nothing is taken
  TlsStep write(std::string_view from, std::size_t& put);  // `put` may be less than all
  TlsStep farewell();                                      // close_notify out; does not wait for the other's

  TlsFacts facts() const;
  const std::string& reason() const { return reason_; }
  int socket_error() const { return wire_.error; }  // errno, 0 when the socket is not to blame

  struct Wire {  // what our BIO works on
    int socket;
    int error = 0;
    bool ended = false;
  };

 private:
  TlsStep judge(int result);
  std::string explain() const;

  Wire wire_;
  std::string host_;
  SslHandle ssl_;
  std::string reason_;
  bool established_ = false;
  bool broken_ = false;
};

}  // namespace mta::real
