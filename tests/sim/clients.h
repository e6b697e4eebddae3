// tests/sim/clients.h — application servers that submit mail.
//
// What      A queue of mail and some sessions that speak SMTP to a listener, over the simulated net, until all of it was answered.
// Units     –
// Promise   A submission is `acknowledged` only when 250 was read after the dot. Mail whose connection broke before the dot, or that
//           got a 4xx, is offered again after `patience`; mail whose dot was sent and not answered never is (it may be there already).
// Errors    None leave it; what was refused is in the submission.
// Source    RFC 5321 §4, RFC 2920, RFC 6409.
// Not here  the message (mail.h), the server.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tests/sim/mail.h"
#include "tests/sim/world/world.h"

namespace mta::sim {

class Clients {
 public:
  Clients(SimWorld&, asio::ip::address from);

  std::function<std::optional<Endpoint>()> server;  // where to submit now; nothing: nobody listens
  unsigned sessions = 4;
  unsigned messages_per_session = 50;
  unsigned tries = 1000;  // of one message
  Duration patience = std::chrono::seconds(30);
  bool tls = false;  // STARTTLS, unverified

  std::uint64_t submit(Mail);                 // its number, from 1
  void submit(std::size_t count, Mail each);  // recipients given with "{}" in them get a number there
  bool idle() const { return waiting_.empty() && busy_ == 0; }
  const std::deque<Submission>& submissions() const { return submissions_; }
  std::size_t acknowledged() const;

 private:
  struct Ticket;
  void staff();
  static awaitable<void> work(Clients*);
  static awaitable<bool> hold_session(Clients*);  // whether the server is well

  SimWorld& world_;
  asio::ip::address from_;
  std::deque<Submission> submissions_;                      // by number
  std::deque<std::pair<std::uint64_t, unsigned>> waiting_;  // number, tries made
  unsigned busy_ = 0;                                       // sessions
};

}  // namespace mta::sim
