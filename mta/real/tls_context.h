// mta/real/tls_context.h — certificates, what we trust, and sessions worth resuming.
//
// What      ServerIdentity: a certificate chain with its key. TlsClient: what outgoing conversations share, with a session cache.
// Units     Sessions.
// Promise   TLS 1.2 or newer. A session is resumed only under the same session key, name and demand to verify, so an unverified
//           session never serves a verified one. At most `sessions` are kept; the longest unused goes first. Thread-safe.
// Errors    Constructors throw std::runtime_error with a text for people that names the file.
// Source    RFC 8446 §2.2, §4.6.1; RFC 6066 §3 (SNI); RFC 6125 §6.4.
// Not here  the conversation (tls_session.h), when TLS is wanted (mta/route/tls_policy).
#pragma once

#include <openssl/ossl_typ.h>

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "mta/doors/world.h"
#include "mta/real/tls_session.h"

struct ssl_session_st;  // OpenSSL's SSL_SESSION

namespace mta::real {

struct SslContextFree {
  void operator()(SSL_CTX*) const;
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextFree>;

class ServerIdentity : public TlsIdentity {
 public:
  ServerIdentity(const std::string& certificate, const std::string& key);  // PEM files; the certificate's with its chain
  SslHandle begin() const;

 private:
  SslContext context_;
};

// Sessions by key, bounded. A session is handed out once: under TLS 1.3 each conversation brings its successor (RFC 8446 §C.4).
class TlsSessions {
 public:
  explicit TlsSessions(std::size_t limit) : limit_(limit) {}
  ~TlsSessions();
  TlsSessions(const TlsSessions&) = delete;
  TlsSessions& operator=(const TlsSessions&) = delete;
  void put(const std::string& key, ssl_session_st*);  // takes the reference
  ssl_session_st* take(const std::string& key);       // gives the reference, or nullptr
  std::size_t size() const;

 private:
  using CachedSession = std::pair<std::string, ssl_session_st*>;
  mutable std::mutex mutex_;
  std::size_t limit_;
  std::list<CachedSession> recent_;  // newest first
  std::unordered_map<std::string, std::list<CachedSession>::iterator> by_key_;
};

class TlsClient {
 public:
  explicit TlsClient(const std::string& ca_file, std::size_t sessions = 4096);  // "": the system's authorities
  SslHandle begin(const TlsRequest&);
  std::size_t sessions() const { return sessions_.size(); }

 private:
  static int keep_session(SSL*, ssl_session_st*);
  TlsSessions sessions_;
  SslContext context_;
};

}  // namespace mta::real
