#include "tests/sim/receiver_session.h"

#include <fmt/format.h>

#include <algorithm>

namespace mta::sim {

namespace {
using namespace std::chrono_literals;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}
bool positive(const std::string& reply) { return reply.starts_with('2') || reply.starts_with('3'); }

struct Counted {  // a session that is open
  unsigned& count;
  explicit Counted(unsigned& c) : count(c) { ++count; }
  ~Counted() { --count; }
};

// "<a@b> SIZE=1" → address and parameters; nothing when there is no path.
std::optional<std::pair<std::string, std::string>> split_path(const std::string& argument) {
  const auto open = argument.find('<'), close = argument.rfind('>');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  const auto rest = argument.find_first_not_of(' ', close + 1);
  return std::pair{argument.substr(open + 1, close - open - 1), rest == std::string::npos ? "" : argument.substr(rest)};
}
}  // namespace

ReceiverSession::ReceiverSession(Receiver& house, std::unique_ptr<Stream> line, std::uint64_t number)
    : house_(house), line_(std::move(line)), number_(number) {}

awaitable<void> ReceiverSession::hold(Receiver* house, std::unique_ptr<Stream> line, std::uint64_t number) {
  ReceiverSession session(*house, std::move(line), number);
  const Counted counted(house->open_sessions_);
  co_await session.converse();
}

void ReceiverSession::offend(const std::string& what) {
  house_.offences_.push_back(fmt::format("session {}: {}", number_, what));
}

awaitable<void> ReceiverSession::read_more() {
  line_->expires_after(5min);
  const std::size_t count = co_await line_->read_some(buffer_);
  heard_.append(buffer_.data(), count);
}

awaitable<std::string> ReceiverSession::read_line() {
  std::size_t end;
  std::size_t searched = 0;
  while ((end = heard_.find('\n', searched)) == std::string::npos) {
    searched = heard_.size();
    co_await read_more();
  }
  std::string line = heard_.substr(0, end);
  heard_.erase(0, end + 1);
  if (line.ends_with('\r'))
    line.pop_back();
  else
    offend("bare LF");
  co_return line;
}

awaitable<std::string> ReceiverSession::read_octets(std::size_t count) {
  while (heard_.size() < count) co_await read_more();
  std::string octets = heard_.substr(0, count);
  heard_.erase(0, count);
  co_return octets;
}

std::string ReceiverSession::usual_or_told(Stage stage, const std::string& usual) {
  if (house_.manners.script) {
    std::string said = house_.manners.script(stage, line_->remote().address, sender_);
    if (!said.empty()) return said;
  }
  const auto told = house_.manners.answers.find(stage);
  return told == house_.manners.answers.end() ? usual : told->second;
}

awaitable<bool> ReceiverSession::say(Stage stage, std::string reply) {
  Duration pause = house_.manners.tarpit;
  if (const auto delay = house_.manners.delays.find(stage); delay != house_.manners.delays.end()) pause += delay->second;
  if (pause > 0ms) co_await house_.world_.stopwatch.wait_for(pause);
  const std::optional<Hangup> hangup = house_.manners.hangup;
  const bool hangs_up = hangup && hangup->stage == stage && number_ % hangup->every == 0;
  if (hangs_up && !hangup->after_reply) co_return false;
  if (reply[0] == '4' || reply[0] == '5') ++house_.refused_;
  std::string octets;
  for (std::size_t at = 0; at <= reply.size();) {
    const std::size_t end = std::min(reply.find('\n', at), reply.size());
    octets += reply.substr(at, end - at) + "\r\n";
    at = end + 1;
  }
  line_->expires_after(5min);
  co_await line_->write(octets);
  co_return !(hangs_up && hangup->after_reply) && !reply.starts_with("421");
}

awaitable<void> ReceiverSession::converse() {
  const unsigned most = house_.manners.sessions_at_once;
  std::string banner = "220 " + house_.host_ + " ESMTP";
  if (most > 0 && house_.open_sessions_ > most) banner = "421 4.7.0 Too many connections from your address";
  banner = usual_or_told(Stage::banner, banner);
  if (!heard_.empty()) offend("talked before the banner");
  bool on = co_await say(Stage::banner, banner);
  if (!banner.starts_with("220")) {  // RFC 5321 §3.1: it may only QUIT now
    while (on) {
      const std::string command = co_await read_line();
      if (upper(command) == "QUIT") break;
      on = co_await say(Stage::banner, "503 5.5.1 Bad sequence of commands");
    }
    co_return line_->close();
  }
  while (on) {
    std::string command = co_await read_line();
    if (last_letter_) last_letter_->answered = true;
    const bool chunk = upper(command).starts_with("BDAT ");  // its octets follow at once (RFC 3030 §2)
    if (!heard_.empty() && !chunk && !(offered_.pipelining && extended_)) offend("pipelined without PIPELINING: " + command);
    on = co_await obey(std::move(command));
  }
  line_->close();
}

void ReceiverSession::must_be_last(const std::string& verb) {
  if (!heard_.empty()) offend("pipelined behind " + verb);
}

awaitable<bool> ReceiverSession::obey(std::string command) {
  const auto space = command.find_first_of(" :");
  const std::string verb = upper(command.substr(0, space));
  const std::string argument = space == std::string::npos ? "" : command.substr(space + 1);
  if (command.size() > 2000) offend("command line of " + std::to_string(command.size()) + " octets");
  if (verb == "EHLO" || verb == "HELO") {
    must_be_last(verb);
    co_return co_await greet_client(verb, argument);
  }
  if (verb == "STARTTLS") co_return co_await start_tls();
  if (verb == "MAIL") co_return co_await begin_mail(argument);
  if (verb == "RCPT") co_return co_await add_recipient(argument);
  if (verb == "DATA") co_return co_await take_data();
  if (verb == "BDAT") co_return co_await take_chunk(argument);
  if (verb == "RSET") {
    reset();
    co_return co_await say(Stage::rset, usual_or_told(Stage::rset, "250 2.0.0 Ok"));
  }
  if (verb == "NOOP") co_return co_await say(Stage::rset, "250 2.0.0 Ok");
  if (verb == "QUIT") {
    must_be_last(verb);
    co_await say(Stage::quit, "221 2.0.0 Bye");
    co_return false;
  }
  offend("unknown command " + command.substr(0, 40));
  co_return co_await say(Stage::ehlo, "500 5.5.2 Command not recognized");
}

awaitable<bool> ReceiverSession::greet_client(std::string verb, std::string name) {
  const Manners& manners = house_.manners;
  if (name.empty()) offend(verb + " without a name");
  std::string reply = "250-" + house_.host_;
  if (manners.pipelining) reply += "\n250-PIPELINING";
  if (manners.size > 0) reply += fmt::format("\n250-SIZE {}", manners.size);
  if (manners.eight_bit) reply += "\n250-8BITMIME";
  if (manners.smtputf8) reply += "\n250-SMTPUTF8";
  if (manners.dsn) reply += "\n250-DSN";
  if (manners.chunking) reply += "\n250-CHUNKING";
  if (manners.tls && !tls_) reply += "\n250-STARTTLS";
  reply += "\n250 ENHANCEDSTATUSCODES";
  if (verb == "HELO") reply = "250 " + house_.host_;
  if (verb == "EHLO" && !manners.esmtp) reply = "502 5.5.1 Command not implemented";
  reply = usual_or_told(Stage::ehlo, reply);
  if (positive(reply)) {
    reset();
    helo_ = name;
    extended_ = verb == "EHLO";
    offered_ = house_.manners;
  }
  co_return co_await say(Stage::ehlo, reply);
}

awaitable<bool> ReceiverSession::start_tls() {
  must_be_last("STARTTLS");
  if (!offered_.tls || tls_) {
    offend("STARTTLS that was not offered");
    co_return co_await say(Stage::starttls, "503 5.5.1 TLS not available");
  }
  const std::string reply = usual_or_told(Stage::starttls, "220 2.0.0 Ready to start TLS");
  const bool on = co_await say(Stage::starttls, reply);
  if (!on || !positive(reply)) co_return on;
  heard_.clear();  // RFC 3207 §4.2
  TlsRequest wish;
  wish.identity = std::make_shared<SimIdentity>(*offered_.tls);
  line_->expires_after(5min);
  co_await line_->start_tls(wish);
  tls_ = true;
  extended_ = false;
  helo_.clear();
  reset();
  co_return true;
}

awaitable<bool> ReceiverSession::begin_mail(std::string argument) {
  const auto path = split_path(argument);
  if (!path || in_mail_ || helo_.empty()) {
    offend("MAIL out of order or without a path: " + argument);
    co_return co_await say(Stage::mail, "503 5.5.1 Bad sequence of commands");
  }
  sender_ = path->first;
  const std::string reply = usual_or_told(Stage::mail, judge_sender(path->second));
  if (positive(reply)) {
    in_mail_ = true;
    mail_parameters_ = path->second;
  }
  co_return co_await say(Stage::mail, reply);
}

awaitable<bool> ReceiverSession::add_recipient(std::string argument) {
  const auto path = split_path(argument);
  if (!path || path->first.empty()) {
    offend("RCPT without a path: " + argument);
    co_return co_await say(Stage::rcpt, "501 5.5.4 Syntax: RCPT TO:<address>");
  }
  if (!in_mail_) co_return co_await say(Stage::rcpt, "503 5.5.1 MAIL first");  // happens when pipelined behind a refused MAIL
  const std::string reply = usual_or_told(Stage::rcpt, judge_recipient(path->first));
  if (positive(reply)) recipients_.push_back({path->first, path->second});
  co_return co_await say(Stage::rcpt, reply);
}

awaitable<bool> ReceiverSession::take_data() {
  must_be_last("DATA");
  if (recipients_.empty() || in_chunks_) co_return co_await say(Stage::data, "503 5.5.1 No valid recipients");
  const std::string reply = usual_or_told(Stage::data, "354 End data with <CR><LF>.<CR><LF>");
  const bool on = co_await say(Stage::data, reply);
  if (!on || !positive(reply)) co_return on;
  for (;;) {
    std::string line = co_await read_line();
    if (line == ".") break;
    if (line.starts_with('.')) line.erase(0, 1);  // RFC 5321 §4.5.2
    body_ += line + "\r\n";
  }
  co_return co_await finish_mail();
}

// RFC 3030 §2: the chunk is consumed whatever the answer is.
awaitable<bool> ReceiverSession::take_chunk(std::string argument) {
  const bool last = upper(argument).find(" LAST") != std::string::npos;
  const std::size_t count = std::strtoull(argument.c_str(), nullptr, 10);
  body_ += co_await read_octets(count);
  if (!offered_.chunking) offend("BDAT that was not offered");
  if (recipients_.empty()) {
    body_.clear();
    co_return co_await say(Stage::data, "503 5.5.1 No valid recipients");
  }
  in_chunks_ = true;
  if (last) co_return co_await finish_mail();
  co_return co_await say(Stage::data, fmt::format("250 2.0.0 {} octets received", count));
}

awaitable<bool> ReceiverSession::finish_mail() {
  note_dot();
  check_body_rules();
  const std::string reply = usual_or_told(Stage::dot, judge_body());
  if (positive(reply)) keep_letter();
  reset();
  co_return co_await say(Stage::dot, reply);
}

}  // namespace mta::sim
