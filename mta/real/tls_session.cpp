#include "mta/real/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <system_error>

namespace mta::real {

namespace {

TlsSession::Wire& wire_of(BIO* bio) { return *static_cast<TlsSession::Wire*>(BIO_get_data(bio)); }

// OpenSSL's own socket BIO uses write(2), which raises SIGPIPE; ours does not.
int send_some(BIO* bio, const char* data, int size) {
  auto& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  ssize_t sent = 0;
  do sent = ::send(wire.socket, data, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  if (sent >= 0) return static_cast<int>(sent);
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    BIO_set_retry_write(bio);
  } else {
    wire.error = errno;
  }
  return -1;
}

int receive_some(BIO* bio, char* data, int size) {
  auto& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  ssize_t received = 0;
  do received = ::recv(wire.socket, data, static_cast<std::size_t>(size), MSG_DONTWAIT);
  while (received < 0 && errno == EINTR);
  if (received > 0) return static_cast<int>(received);
  if (received == 0) {
    wire.ended = true;
    return 0;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    BIO_set_retry_read(bio);
  } else {
    wire.error = errno;
  }
  return -1;
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return wire_of(bio).ended ? 1 : 0;
  return 0;
}

BIO_METHOD* wire_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "warmupd socket");
    BIO_meth_set_write(made, send_some);
    BIO_meth_set_read(made, receive_some);
    BIO_meth_set_ctrl(made, control);
    return made;
  }();
  return method;
}

}  // namespace

void SslFree::operator()(SSL* ssl) const { SSL_free(ssl); }

TlsSession::TlsSession(SslHandle ssl, int socket, std::string host)
    : wire_{socket}, host_(std::move(host)), ssl_(std::move(ssl)) {
  BIO* bio = BIO_new(wire_method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);  // the SSL owns it now
}

// OpenSSL spoils the session of a connection that ends without close_notify. RFC 5246 §7.2.1 no longer asks for that.
TlsSession::~TlsSession() {
  if (established_ && !broken_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

TlsStep TlsSession::handshake() {
  ERR_clear_error();
  const TlsStep step = judge(SSL_do_handshake(ssl_.get()));
  if (step == TlsStep::done) established_ = true;
  if (step == TlsStep::ended) {
    reason_ = "the other side closed the connection during the handshake";
    return TlsStep::failed;
  }
  return step;
}

TlsStep TlsSession::read(std::span<char> into, std::size_t& got) {
  ERR_clear_error();
  return judge(SSL_read_ex(ssl_.get(), into.data(), into.size(), &got));
}

TlsStep TlsSession::peek() {
  char octet = 0;
  std::size_t got = 0;
  ERR_clear_error();
  return judge(SSL_peek_ex(ssl_.get(), &octet, 1, &got));
}

TlsStep TlsSession::write(std::string_view from, std::size_t& put) {
  ERR_clear_error();
  return judge(SSL_write_ex(ssl_.get(), from.data(), from.size(), &put));
}

TlsStep TlsSession::farewell() {
  if (!established_ || broken_) return TlsStep::done;
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_.get());
  return result >= 0 ? TlsStep::done : judge(result);  // 0: ours is sent, theirs has not come
}

TlsStep TlsSession::judge(int result) {
  if (result > 0) return TlsStep::done;
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return TlsStep::want_read;
  if (error == SSL_ERROR_WANT_WRITE) return TlsStep::want_write;
  // After a fatal error SSL_shutdown must not be called: SSL_get_error(3).
  broken_ = error != SSL_ERROR_ZERO_RETURN;
  if (error == SSL_ERROR_ZERO_RETURN || (wire_.ended && wire_.error == 0)) return TlsStep::ended;
  reason_ = explain();
  ERR_clear_error();
  return TlsStep::failed;
}

std::string TlsSession::explain() const {
  if (wire_.error != 0) return std::generic_category().message(wire_.error);
  const unsigned long code = ERR_peek_error();
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    return std::string("certificate verify failed: ") + X509_verify_cert_error_string(SSL_get_verify_result(ssl_.get()));
  }
  const char* text = ERR_reason_error_string(code);
  if (text != nullptr) return text;
  return code == 0 ? "TLS failed without a reason" : "TLS error " + std::to_string(code);
}

TlsFacts TlsSession::facts() const {
  TlsFacts facts;
  facts.version = SSL_get_version(ssl_.get());
  facts.cipher = SSL_get_cipher_name(ssl_.get());
  facts.resumed = SSL_session_reused(ssl_.get()) == 1;
  if (SSL_is_server(ssl_.get()) == 1) {
    facts.verify_error = "no certificate asked for";
    return facts;
  }
  const long verdict = SSL_get_verify_result(ssl_.get());
  if (verdict != X509_V_OK) {
    facts.verify_error = X509_verify_cert_error_string(verdict);
  } else if (SSL_get0_peer_certificate(ssl_.get()) == nullptr) {
    facts.verify_error = "no certificate shown";
  } else if (host_.empty()) {
    facts.verify_error = "no name to verify";
  } else {
    facts.verified = true;
  }
  return facts;
}

}  // namespace mta::real
