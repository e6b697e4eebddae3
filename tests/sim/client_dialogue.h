// tests/sim/client_dialogue.h — one submitting session, command by command.
//
// What      The client's side of a submission over a Stream.
// Units     –
// Promise   Fills a Submission truthfully: `acknowledged` after 250, `unknown` from the dot until its reply.
// Errors    StreamLost; a greeting or EHLO that is refused ends as StreamLost{shut}.
// Source    RFC 5321 §4.1; RFC 2920; RFC 3207.
// Not here  which mail, how often (clients.h).
#pragma once

#include <array>

#include "tests/sim/mail.h"

namespace mta::sim {

class ClientDialogue {
 public:
  explicit ClientDialogue(std::unique_ptr<Stream> line) : line_(std::move(line)) {}
  awaitable<void> open(std::string name, bool tls);
  awaitable<void> send(Submission&);
  awaitable<void> quit();

  awaitable<std::string> ask(std::string command);  // the reply, lines joined with "\n"
  awaitable<std::string> reply();
  awaitable<void> say(std::string octets);

 private:
  awaitable<void> must(std::string command, std::string_view code);

  std::unique_ptr<Stream> line_;
  std::array<char, 4096> buffer_{};
  std::string heard_;
};

}  // namespace mta::sim
