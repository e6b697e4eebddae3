// mta/smtp/client_session.h — the sending side of an SMTP dialogue.
//
// What      Banner to QUIT over one connected stream: open() once, send() any number of times while usable(), quit().
// Units     Octets; time-outs in timeouts.h.
// Promise   What a server says is bounded: lines, replies and waits. Empty lines between replies are passed over. A line that is lost
//           ends as a value in the transcript, with what was heard before; a refusal that had arrived when a write failed counts as
//           heard, and of an answer without an end the loss tells what came. No reply is taken for the answer to another command, nor for
//           one to octets that had not left: what a server says unasked before a transaction, between its commands or before the end of
//           the message ends the line there, with its words when it is a refusal; behind one that is over it makes the line unusable. Nothing read before STARTTLS survives it. Passwords go over
//           verified TLS only.
// Errors    No exception leaves: a lost line is a value (lost.h).
// Source    RFC 5321 §3, §4.1.4, §4.5.3.2; 2920, 3030, 3207, 4954.
// Not here  which host, which source (mta/deliver/conversation.h); what a reply means (mta/deliver/outcomes.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "mta/smtp/body.h"
#include "mta/smtp/envelope.h"
#include "mta/smtp/lines.h"
#include "mta/smtp/offers.h"
#include "mta/smtp/timeouts.h"
#include "mta/smtp/transcript.h"

namespace mta::smtp {

struct ClientOptions {
  std::string ehlo;                          // our name
  std::string host;                          // the server's: SNI, and the name its certificate must hold
  conf::TlsLevel tls = conf::TlsLevel::may;  // at `may` a refused STARTTLS is sent in clear; a failed handshake loses the line
  std::string session_key;                   // TlsRequest::session_key
  std::string username, password;            // smarthosts; "" = no AUTH
  LeftOut left_out;                          // extensions not to be used
  Timeouts timeouts;
};

// Asked and told by send().
struct SendHooks {
  std::function<awaitable<bool>()> may_begin;  // just before DATA or BDAT (with PIPELINING: before the group); false: withdrawn
  std::function<void()> dot_leaves;            // before the octets of the final dot or chunk
};

class ClientSession {
 public:
  ClientSession(Stream&, Stopwatch&, ClientOptions);

  awaitable<Opening> open();
  // REQUIRES: usable(); mail.to not empty; every address speakable(). `mail` and `body` outlive the call.
  awaitable<Transcript> send(const Envelope& mail, Body& body, SendHooks hooks = {});
  awaitable<void> quit();  // bounded; the stream is shut after

  bool usable() const { return ready_ && !closing_ && !lost_ && !out_of_step_ && !spoiled_; }
  const Offers& offers() const { return offers_; }  // without what is left out
  void leave_out(const LeftOut&);

 private:
  struct Question {
    Stage stage;
    std::string text;
    Reply* answer;
  };
  awaitable<void> greet(Opening& opening);
  awaitable<bool> hello(Opening& opening);
  awaitable<bool> secure(Opening& opening);
  awaitable<bool> authenticate(Opening& opening);
  awaitable<Reply> log_in();
  bool spoke_unasked();
  awaitable<std::optional<Reply>> unasked();
  awaitable<void> expect_silence(Stage next);
  awaitable<void> transaction(const Envelope& mail, Body& body, Transcript& heard);
  awaitable<bool> may_begin(Transcript& heard);
  void dot_leaves(Transcript& heard, bool last);
  awaitable<void> introduce(const Envelope& mail, Transcript& heard);
  awaitable<void> ask_all(std::vector<Question> questions, Transcript& heard);
  bool fits(const Question& question, const Transcript& heard);
  awaitable<bool> answered_early(Transcript& heard);
  awaitable<void> send_data(Body& body, Transcript& heard);
  awaitable<void> send_chunks(Body& body, Transcript& heard);
  awaitable<void> hear_chunks(unsigned& unanswered, unsigned may_wait, Transcript& heard);
  awaitable<void> say_piece(std::string octets);
  awaitable<void> farewell();

  awaitable<Reply> ask(Stage stage, std::string line);
  awaitable<void> say(Stage stage, std::string octets);
  awaitable<Reply> hear(Stage stage);
  awaitable<Reply> hear_within(Duration longest);
  std::string said_so_far() const;
  awaitable<void> hear_refusal();
  void take_last_words(Transcript& heard) const;
  awaitable<std::optional<Lost>> converse(awaitable<void> dialogue);
  bool refuses(Opening& opening, Stage stage, const Reply& reply) const;

  Stream& stream_;
  Stopwatch& stopwatch_;
  ClientOptions options_;
  SendHooks hooks_;
  LineReader lines_;
  Offers offers_;
  Stage stage_ = Stage::banner;
  bool ready_ = false, closing_ = false, lost_ = false, encrypted_ = false;
  bool out_of_step_ = false;
  bool spoiled_ = false;    // what it says next may answer something else
  bool used_ = false;       // for a transaction
  bool writing_ = false;    // the line was lost while we spoke
  bool hearing_ = false;    // the line was lost while we listened
  ReplyParser answer_;      // what is being said
  Reply last_words_;        // a refusal that had arrived before the line was lost, code 0 when there was none
  bool reset_due_ = false;  // the last transaction did not end with its dot: RSET goes before the next MAIL
  std::chrono::steady_clock::time_point body_began_{};
  std::uint64_t body_octets_ = 0;
};

}  // namespace mta::smtp
