// tests/sim/remembering_host.h — a town's host that behaves as a kind of conf/receivers/.
//
// What      Puts a simulate::ReceiverMemory behind a Receiver: what it decides about a message is said over SMTP, in the texts of its kind.
// Units     One recipient a message; From domains are those of envelope senders.
// Promise   The same mechanism that `simulate` asks. A message is decided about once, at MAIL; a greylisted one is known by its sender when
//           it comes again.
// Errors    None. REQUIRES: messages that are on their way from one client address at the same time have different senders.
// Source    mta/simulate/receiver_memory.h.
// Not here  the dialogue (receiver_session.h), what else a host can do (manners.h).
#pragma once

#include "mta/simulate/receiver_memory.h"
#include "tests/sim/town.h"

namespace mta::sim {

class RememberingHost {
 public:
  // `host` must not outlive this. The memory begins now.
  RememberingHost(Town&, Receiver& host, simulate::ReceiverKind, simulate::ListQuality);
  RememberingHost(const RememberingHost&) = delete;
  RememberingHost& operator=(const RememberingHost&) = delete;
  std::size_t junk() const { return junk_; }  // of the copies that the host has
  const std::map<warmup::Verdict, std::size_t>& said() const { return said_; }

 private:
  struct Decided {
    Stage stage = Stage::mail;
    std::string reply;  // "" = it is taken
    std::optional<Instant> greylisted_at;
  };
  std::string say(Stage, const std::string& client, const std::string& sender);
  void decide(Decided&, const std::string& client, const std::string& sender);

  Town& town_;
  simulate::ReceiverMemory memory_;
  std::map<std::string, Decided> decided_;  // by client and sender
  std::map<warmup::Verdict, std::size_t> said_;
  std::size_t junk_ = 0;
};

}  // namespace mta::sim
