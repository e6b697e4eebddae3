// tests/sim/receivers.h — a mailbox provider's host: a small SMTP server of its own.
//
// What      Listens on an address of the simulated net, behaves as its Manners say, and keeps what it accepted. Written apart
//           from the server under test, so that it can be its judge: what a correct client never does is noted as an offence.
// Units     Copies are counted one a recipient.
// Promise   A copy is logged at the moment the server decides to accept it; a message accepted twice is there twice.
// Errors    None leave it: a lost line ends that session.
// Source    RFC 5321 §4; tests/sim/manners.h.
// Not here  the dialogue (receiver_session.h), DNS (town.h).
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/manners.h"
#include "tests/sim/world/world.h"

namespace mta::sim {

struct ReceivedMessage {  // one transaction that was accepted
  Instant at{};
  std::string sender, mail_parameters, helo;
  asio::ip::address client;
  bool tls = false;
  std::string body;  // as sent, dots undoubled
  std::uint64_t session = 0;
  bool answered = false;                              // the client went on after the reply to the dot: it knows
  std::string header(const std::string& name) const;  // first of that name, unfolded value; "" = none
};

struct Copy {
  std::string recipient, parameters;
  std::shared_ptr<const ReceivedMessage> letter;
};

struct Dot {  // the end of a message that arrived, whatever it was answered
  Instant at{};
  asio::ip::address client;
  std::vector<std::string> recipients;  // those that RCPT was said yes to
};

struct UnknownUserRefusal {  // a recipient that was refused at RCPT because nobody has that address
  Instant at{};
  asio::ip::address client;
  std::string recipient;
};

class Receiver {
 public:
  Receiver(SimWorld&, std::string host, Endpoint);
  void open();   // listens (as after construction)
  void close();  // refuses connections; sessions go on

  Manners manners;
  void now_answers(const std::string& reply, Stage stage = Stage::mail) { manners.answers[stage] = reply; }
  void now_behaves() { manners = Manners{}; }

  const std::string& host() const { return host_; }
  const Endpoint& endpoint() const { return endpoint_; }
  const std::vector<Copy>& copies() const { return copies_; }
  const std::vector<Dot>& dots() const { return dots_; }
  const std::vector<UnknownUserRefusal>& strangers() const { return strangers_; }
  std::size_t accepted() const { return copies_.size(); }
  std::size_t accepted(const std::string& recipient) const;
  std::uint64_t connections() const { return connections_; }
  std::uint64_t connections_today() const;
  std::uint64_t refused() const { return refused_; }  // recipients or transactions that got a 4xx or 5xx
  unsigned open_sessions() const { return open_sessions_; }
  const std::vector<std::string>& offences() const { return offences_; }  // what a correct client does not do

 private:
  friend class ReceiverSession;
  static awaitable<void> listen(Receiver*, std::shared_ptr<Listener>);

  SimWorld& world_;
  std::string host_;
  Endpoint endpoint_;
  std::shared_ptr<Listener> listener_;  // shared: its coroutine may begin after close()
  std::vector<Copy> copies_;
  std::vector<Dot> dots_;
  std::vector<UnknownUserRefusal> strangers_;
  std::vector<std::string> offences_;
  std::map<std::string, Instant> greylist_;  // "ip sender recipient" → first seen
  std::deque<Instant> accepted_at_;          // within the last hour
  std::vector<Instant> connected_at_;
  std::uint64_t connections_ = 0, refused_ = 0, asked_ = 0;  // asked: for a recipient, RCPT
  unsigned open_sessions_ = 0;
};

}  // namespace mta::sim
