// mta/submit/server_session.h — the dialogue with one client, from the banner to the end.
//
// What      Reads lines, asks who decides about them, and writes the replies: about MAIL, RCPT, DATA and BDAT the transaction, about the
//           content the parcel. Files: server_session.cpp (dialogue, TLS, ends), _auth.cpp (AUTH), _body.cpp (the octets of messages).
// Units     Time-outs of [limits] command_timeout, in I/O time: for a whole command with all its octets, and for the whole dialogue of AUTH.
//           A body must bring [limits] data_rate; the time between two BDATs counts as a part of it.
// Promise   Replies go out in order, together when commands came together (RFC 2920). What was buffered before STARTTLS is thrown away
//           (RFC 3207 §4.2). AUTH only where nobody can listen. Whatever the client sends, a conversation ends or goes on; it never crashes.
// Errors    StreamLost ends the conversation, caught in run().
// Source    RFC 5321 §3, §4; RFC 6409, 3207, 4954, 2920, 1870, 6152, 6531, 3030, 3461, 2034; README "From an application".
// Not here  grammar (mta/smtp/command.h), what a command of a transaction is answered (mail_transaction.h), the message itself
//           (incoming_message.h), who may connect (listener.h).
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "mta/smtp/command.h"
#include "mta/smtp/lines.h"
#include "mta/submit/body_rate.h"
#include "mta/submit/incoming_message.h"
#include "mta/submit/mail_transaction.h"

namespace mta {

class ServerSession {
 public:
  using Time = std::chrono::steady_clock::time_point;
  ServerSession(SubmissionContext&, Client, Executor home, std::unique_ptr<Stream>);

  awaitable<void> run();  // on home(); ends without an exception

  // Says goodbye to a client that is silent between commands (or, with `even_in_body`, anywhere), and closes. One that is busy hears it
  // when what it does is done. On home(); the caller keeps the session alive.
  awaitable<void> leave(std::string farewell, bool even_in_body);
  // Closes if the client is late at this moment, and says why where it can be heard. On home().
  awaitable<void> leave_late(bool scarce);
  void close() { stream_->close(); }  // on home()

  const Executor& home() const { return home_; }
  const std::string& client() const { return client_.address; }
  // Whether the client has kept us waiting beyond its time; `scarce`: connections are, so a stranger has less. Any thread.
  bool late(Time now, bool scarce) const;
  // Since when we wait for the client in a way that it may be sent away for somebody else's sake; empty when we do not. Any thread.
  std::optional<Time> spare_since() const;
  bool stranger() const { return stranger_; }  // it may not relay, by address or login; any thread
  Duration command_timeout() const { return client_.config->limits.command_timeout; }

 private:
  enum class In { command, body, handshake, reply };  // what we wait for

  // The dialogue.
  awaitable<void> converse();
  awaitable<void> greet();
  awaitable<void> hear_command();
  awaitable<void> obey(smtp::Command);
  bool obey_at_once(const smtp::Command&);
  void hello(const smtp::command::Hello&);
  awaitable<void> start_tls();
  void forget_client();
  void reset();  // RFC 5321 §4.1.1.5

  // AUTH.
  awaitable<void> authenticate(smtp::command::Auth);
  awaitable<std::optional<Login>> exchange(smtp::command::Auth);
  awaitable<std::optional<std::string>> challenge(std::string text);
  awaitable<void> check_login(Login);

  // The transaction.
  bool rcpt(const smtp::command::Rcpt&);  // false: ask_for_room() has to reply
  awaitable<void> ask_for_room();
  void begin_parcel();
  void expect_octets();
  awaitable<void> data();
  awaitable<void> bdat(smtp::command::Bdat);
  awaitable<void> skip(std::uint64_t octets);
  awaitable<void> take_chunk(std::uint64_t octets);
  awaitable<void> end_message();

  // The wire.
  void say(int code, std::string_view enhanced, std::string_view text);
  void answer(const CommandReply&);
  void refuse(const RefusedMail&, smtp::Stage, const std::string& recipient = "");
  void report(Refused);
  void complain(int code, std::string_view enhanced, std::string_view text);  // counts towards the end of our patience
  void bid_farewell(std::string_view line);                                   // said next, then the conversation is over
  void count_idle_command();                                                  // one that brings no mail forward
  void begin_wait(In, Time until, Time since);
  void end_wait() { waiting_since_ = 0; }
  awaitable<void> fill(In);
  awaitable<void> flush();
  awaitable<TlsFacts> shake_hands();
  awaitable<std::optional<std::string>> hear_line();  // empty: not a line we take, answered already

  SubmissionContext& context_;
  Client client_;
  Executor home_;
  std::unique_ptr<Stream> stream_;
  smtp::LineReader reader_;
  std::string out_;

  MailTransaction transaction_;
  std::unique_ptr<IncomingMessage> incoming_;  // of the message that the transaction has begun

  unsigned complaints_ = 0, failed_logins_ = 0, idle_commands_ = 0;
  bool over_ = false;
  bool leaving_ = false;  // leave() is writing
  std::string farewell_;  // to be said before the next command

  std::optional<Time> command_since_;  // when we began to wait for the command, or the AUTH dialogue, that is under way
  BodyRate rate_;                      // of the message, or the refused chunk, that is under way
  // Read by the listener's thread.
  std::atomic<bool> stranger_{true};
  std::atomic<In> waiting_in_{In::command};
  std::atomic<Time::rep> waiting_since_{0}, late_at_{0};  // 0: we do not wait
};

}  // namespace mta
