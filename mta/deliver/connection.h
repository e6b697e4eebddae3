// mta/deliver/connection.h — one open line to one server of a site.
//
// What      Connects from the source's address, opens the SMTP session, tries clear text where that is allowed: at level `may` at once
//           when the server does not go along with its STARTTLS, after a failed handshake only for mail that has waited.
// Units     –
// Promise   What is returned is ready for mail, or a Failure says why not; the stream is closed then.
// Errors    Failure.
// Source    RFC 5321 §3.1, RFC 3207 §4; plaintext after 300 s only at level `may`, as Postfix has it; conf/example.toml ([rehearsal]).
// Not here  which addresses (candidates.h), what to send (conversation.h).
#pragma once

#include <memory>

#include "mta/deliver/candidates.h"
#include "mta/smtp/client_session.h"

namespace mta {

// The way to end a conversation from outside (shutdown after its grace). Use it on the conversation's executor.
class Hangup {
 public:
  void hang_up();  // closes what is open; no new connection is made; what was not said is settled as untried
  bool asked() const { return asked_; }
  void holds(Stream* stream) { stream_ = stream; }

 private:
  bool asked_ = false;
  Stream* stream_ = nullptr;
};

struct Connection {
  CandidateAddress at;
  std::unique_ptr<Stream> stream;
  std::unique_ptr<smtp::ClientSession> session;
  std::optional<TlsFacts> tls;
  bool starttls_left_out = false;  // in clear, because STARTTLS failed on the connection before
  unsigned messages = 0;
};

struct Dial {
  World world;
  const Judge& judge;
  std::shared_ptr<Hangup> hangup;
  smtp::Timeouts timeouts;
  std::shared_ptr<const conf::Config> config;
  const conf::Source* source = nullptr;  // inside config
  std::string provider;
  bool plaintext_allowed = false;  // after a failed handshake at level `may`
  bool hurry = false;              // Assignment::hurry
  smtp::LeftOut left_out;          // extensions that failed with this server
};

struct Dialled {
  std::unique_ptr<Connection> connection;  // or
  Failure failure;
};
awaitable<Dialled> dial(Dial, CandidateAddress);
bool may_go_in_clear(const Dial&);  // after TLS failed with this server, unless it was left out already

Place place_of(const CandidateAddress&, const std::string& provider);

}  // namespace mta
