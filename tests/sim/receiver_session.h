// tests/sim/receiver_session.h — one connection to a simulated provider.
//
// What      The server's side of the dialogue, command by command.
// Units     –
// Promise   One reply a command, in order. Whatever the client sends, the session goes on or ends; it never waits longer than 5
//           min.
// Errors    StreamLost ends it.
// Source    RFC 5321 §4.1, §4.3; RFC 2920 §3.2; RFC 3030; RFC 3207; RFC 1870.
// Not here  what it is told to do (manners.h), the log (receivers.h).
#pragma once

#include <array>

#include "tests/sim/receivers.h"

namespace mta::sim {

class ReceiverSession {
 public:
  static awaitable<void> hold(Receiver*, std::unique_ptr<Stream>, std::uint64_t number);

 private:
  ReceiverSession(Receiver& house, std::unique_ptr<Stream> line, std::uint64_t number);
  awaitable<void> converse();
  awaitable<bool> obey(std::string command);      // whether to go on
  awaitable<bool> say(Stage, std::string reply);  // likewise; `reply` without CRLF, "\n" between lines
  awaitable<bool> greet_client(std::string verb, std::string name);
  awaitable<bool> start_tls();
  awaitable<bool> begin_mail(std::string argument);
  awaitable<bool> add_recipient(std::string argument);
  awaitable<bool> take_data();
  awaitable<bool> take_chunk(std::string argument);
  awaitable<bool> finish_mail();
  std::string judge_sender(const std::string& parameters);
  std::string judge_recipient(const std::string& recipient);
  std::string judge_body();
  std::string greylist(const std::string& recipient);
  bool over_hourly();
  void note_dot();
  void check_body_rules();
  void keep_letter();
  void reset();
  void offend(const std::string& what);
  void must_be_last(const std::string& verb);  // nothing may be pipelined behind it (RFC 2920 §3.1)
  std::string usual_or_told(Stage, const std::string& usual);

  awaitable<std::string> read_line();
  awaitable<std::string> read_octets(std::size_t count);
  awaitable<void> read_more();

  Receiver& house_;
  std::unique_ptr<Stream> line_;
  std::uint64_t number_;
  std::array<char, 16384> buffer_{};
  std::string heard_;  // arrived, not yet consumed
  std::string helo_;
  bool tls_ = false, extended_ = false, in_mail_ = false;
  Manners offered_;  // at the last EHLO; the house may change its mind meanwhile
  std::string sender_, mail_parameters_;
  struct Addressed {
    std::string recipient, parameters;
  };
  std::vector<Addressed> recipients_;
  std::string body_;
  bool in_chunks_ = false;
  unsigned messages_ = 0;
  std::shared_ptr<ReceivedMessage> last_letter_;
};

}  // namespace mta::sim
