#include "mta/real/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace mta::real {

namespace {

[[noreturn]] void refuse(const std::string& what) {
  const char* text = ERR_reason_error_string(ERR_peek_error());
  const std::string reason = text == nullptr ? "unknown reason" : text;
  ERR_clear_error();
  throw std::runtime_error(what + ": " + reason);
}

SslContext make_context(const SSL_METHOD* method) {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(method));
  if (!context) refuse("cannot start TLS");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);  // RFC 8996
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);  // one recv(2) a record instead of two
  return context;
}

SslHandle make_ssl(SSL_CTX* context) {
  ERR_clear_error();
  SslHandle ssl(SSL_new(context));
  if (!ssl) refuse("cannot start TLS");
  return ssl;
}

bool is_address(const std::string& host) {
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

// What was agreed under one request may be resumed under the same request only.
std::string cache_key(const TlsRequest& request) {
  if (request.session_key.empty()) return {};
  return request.session_key + '\n' + request.host + (request.verify ? "\nverified" : "\nany");
}

void forget_key(void*, void* key, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<std::string*>(key); }

int key_slot() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, forget_key);
  return slot;
}

}  // namespace

void SslContextFree::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

ServerIdentity::ServerIdentity(const std::string& certificate, const std::string& key)
    : context_(make_context(TLS_server_method())) {
  SSL_CTX* context = context_.get();
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) refuse("cannot use the certificate " + certificate);
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) refuse("cannot use the private key " + key);
  if (SSL_CTX_check_private_key(context) != 1)
    refuse("the private key " + key + " does not belong to the certificate " + certificate);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context, 1);
  static constexpr unsigned char id[] = "warmupd";
  SSL_CTX_set_session_id_context(context, id, sizeof id - 1);
}

SslHandle ServerIdentity::begin() const {
  SslHandle ssl = make_ssl(context_.get());
  SSL_set_accept_state(ssl.get());
  return ssl;
}

TlsSessions::~TlsSessions() {
  for (const auto& entry : recent_) SSL_SESSION_free(entry.second);
}

void TlsSessions::put(const std::string& key, SSL_SESSION* session) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    SSL_SESSION_free(found->second->second);
    recent_.erase(found->second);
    by_key_.erase(found);
  }
  recent_.emplace_front(key, session);
  by_key_[key] = recent_.begin();
  if (recent_.size() <= limit_) return;
  SSL_SESSION_free(recent_.back().second);
  by_key_.erase(recent_.back().first);
  recent_.pop_back();
}

SSL_SESSION* TlsSessions::take(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  SSL_SESSION* session = found->second->second;
  recent_.erase(found->second);
  by_key_.erase(found);
  return session;
}

std::size_t TlsSessions::size() const {
  const std::lock_guard lock(mutex_);
  return recent_.size();
}

TlsClient::TlsClient(const std::string& ca_file, std::size_t sessions)
    : sessions_(sessions), context_(make_context(TLS_client_method())) {
  SSL_CTX* context = context_.get();
  if (ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);  // where there is none, nothing verifies, and says so
  } else if (SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
    refuse("cannot use the certificate authorities in " + ca_file);
  }
  ERR_clear_error();
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  SSL_CTX_set_app_data(context, this);
}

int TlsClient::keep_session(SSL* ssl, SSL_SESSION* session) {
  const auto* key = static_cast<const std::string*>(SSL_get_ex_data(ssl, key_slot()));
  if (key == nullptr) return 0;
  static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->sessions_.put(*key, session);
  return 1;  // the reference is ours now
}

SslHandle TlsClient::begin(const TlsRequest& request) {
  SslHandle handle = make_ssl(context_.get());
  SSL* ssl = handle.get();
  SSL_set_connect_state(ssl);
  std::string host = request.host;
  if (host.ends_with('.')) host.pop_back();
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  } else if (!host.empty()) {
    SSL_set_tlsext_host_name(ssl, host.c_str());  // RFC 6066 §3: names only
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, host.c_str());
  }
  if (request.verify) {
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  } else {
    // Any encryption is better than none (RFC 7435): the check is made and reported but decides nothing, and small keys are let
    // pass.
    SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
    SSL_set_security_level(ssl, 1);
  }
  const std::string key = cache_key(request);
  if (!key.empty()) {
    SSL_set_ex_data(ssl, key_slot(), new std::string(key));  // freed by forget_key with the SSL
    if (SSL_SESSION* session = sessions_.take(key)) {
      SSL_set_session(ssl, session);
      if (SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION) {
        sessions_.put(key, session);  // TLS 1.2 brings no successor when it resumes
      } else {
        SSL_SESSION_free(session);
      }
    }
  }
  return handle;
}

}  // namespace mta::real
